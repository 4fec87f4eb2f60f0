#!/usr/bin/env bash
# A Hyperledger Fabric consortium on this machine, without Docker: organisations with a peer, an ordering node and a chaincode service
# each, TLS everywhere, everything bound to loopback. Safe to run again at any point; stops only what it started.
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: scripts/test-network.sh up [--raft] [--resume] | deploy | status | down [--keep]

  up        make key material and configuration, start orderers and peers, create and join the channel; completes what an
            interrupted `up` began, goes on with the ledgers that `down --keep` left, and never deletes anything
  deploy    package the chaincode, start one service per organisation, install, approve by all, commit
  status    one line per process; 1 if one of them has stopped
  down      stop what this script started and delete the network's folder

  --raft    three Raft orderers instead of four SmartBFT ones
  --resume  with up: only go on with kept ledgers and make no new network
  --keep    with down: stop only; ledgers, keys and configuration stay

Environment
  FABRIC_BIN          folder of Fabric's binaries 3.1.5 (peer, orderer, configtxgen, osnadmin); otherwise they are taken from PATH
  DER_BIN             folder of der, der-chaincode and fabric-cryptogen; otherwise the release build in target/release
  DER_ORGANISATIONS   the network's description; crypto-config/consortium.toml by default
  DER_NETWORK_FOLDER  where the network lives; .test-network by default
  DER_BASE_PORT       ports are taken from this one on; 17050 by default
  DER_CRYPTOGEN       fabric: Fabric's own cryptogen makes authorities, nodes and administrators of a new network
  DER_BATCH_TIMEOUT, DER_BATCH_MESSAGES  how the orderers of a new network cut blocks; 200ms and 500 by default

Example
  cargo build --release --locked --package der-cli --package der-chaincode --package fabric-cryptogen
  FABRIC_BIN=~/fabric/bin scripts/test-network.sh up && scripts/test-network.sh deploy
TEXT
}

fail() { echo "error: $*" >&2; exit 1; }
step() { echo "$*"; }

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
NETWORK=${DER_NETWORK_FOLDER:-$ROOT/.test-network}
case $NETWORK in /*) ;; *) NETWORK=$PWD/$NETWORK ;; esac
TEMPLATES=$ROOT/network/fabric
DER_BIN=${DER_BIN:-${CARGO_TARGET_DIR:-$ROOT/target}/release}
# Left-over variables would override the configuration of every node started from this shell.
for variable in $(compgen -e | grep -E '^(CORE|ORDERER|CONFIGTX)_' || true); do unset "$variable"; done

for part in state processes preflight description material invitation configuration genesis channel chaincode profiles; do
  # shellcheck source=/dev/null
  . "$ROOT/scripts/fabric/$part.sh"
done

# Everything that can be refused is refused here, before a file is written or a process started.
check() { # consensus asked for, or nothing
  local description=${DER_ORGANISATIONS:-$ROOT/crypto-config/consortium.toml}
  require_fabric peer orderer configtxgen osnadmin
  case ${DER_CRYPTOGEN:-} in
    '') ;;
    fabric) require_fabric cryptogen ;;
    *) fail "DER_CRYPTOGEN is $DER_CRYPTOGEN: leave it out, or set it to fabric" ;;
  esac
  require_der der der-chaincode fabric-cryptogen
  refuse_foreign_folder
  [ -r "$description" ] || fail "$description cannot be read: name the network's description by DER_ORGANISATIONS"
  BASE_PORT=$(setting base-port "${DER_BASE_PORT:-}" 17050)
  require_base_port
  CONSENSUS=$(setting consensus "$1" "")
  read_organizations "$description"
  read_channel "$description" "$CONSENSUS"
  require_loopback_hosts
  refuse_another_layout
  require_leveldb "$TEMPLATES/core.yaml"
  require_unexpired_material
  # shellcheck disable=SC2046
  require_free_ports $(processes_and_ports)
}

processes_and_ports() {
  local name kind
  for name in $(orderer_names); do for kind in orderer orderer-operations orderer-admin; do echo "orderer-$name $(port "$name" $kind)"; done; done
  for name in $(peer_names); do for kind in peer peer-chaincode peer-operations; do echo "peer-$name $(port "$name" $kind)"; done; done
  for name in $(service_names); do echo "service-$name $(port "$name" service)"; done
}

record_settings() {
  echo "$BASE_PORT" | write_whole "$NETWORK/base-port"
  echo "$CONSENSUS" | write_whole "$NETWORK/consensus"
  layout | write_whole "$NETWORK/layout"
  write_whole "$NETWORK/consortium.toml" < "${DER_ORGANISATIONS:-$ROOT/crypto-config/consortium.toml}"
}

up() { # consensus asked for, or nothing; whether to go on only
  local name
  if [ "$2" = resume ] && ! has_ledgers; then
    fail "$NETWORK holds no ledgers to go on with: run up without --resume for a new network"
  fi
  check "$1"
  claim_folder
  record_settings
  step "key material       $NETWORK/crypto"
  make_material "$NETWORK/consortium.toml"
  write_invitation
  for name in $(peer_names); do write_peer_configuration "$name"; write_service_folder "$name"; done
  for name in $(orderer_names); do write_orderer_configuration "$name"; done
  write_channel_configuration
  write_profiles
  make_genesis
  step "orderers           $(orderer_names | paste -sd' ' -) ($CONSENSUS)"
  start_orderers
  join_orderers
  step "peers              $(peer_names | paste -sd' ' -)"
  start_peers
  join_peers
  if is_packaged; then
    make_package
    start_services
    step "services           $(service_names | paste -sd' ' -)"
  fi
  step "channel            $CHANNEL is up after ${SECONDS} s$(is_packaged || echo "; next: scripts/test-network.sh deploy")"
}

# For what works on a network that is there.
open_network() {
  is_ours || fail "there is no network in $NETWORK: run scripts/test-network.sh up first"
  lock_folder
  [ -f "$NETWORK/channel/genesis.block" ] || fail "the network in $NETWORK is not complete: run scripts/test-network.sh up again"
  BASE_PORT=$(recorded base-port)
  read_organizations "$NETWORK/consortium.toml"
  read_channel "$NETWORK/consortium.toml" "$(recorded consensus)"
}

deploy() {
  require_fabric peer
  require_der der der-chaincode fabric-cryptogen
  open_network
  make_package
  step "package            $PACKAGE_ID"
  start_services
  step "services           $(service_names | paste -sd' ' -)"
  install_package
  if is_committed "$(peer_names | head -1)"; then
    step "definition         sequence $SEQUENCE is committed already"
    return
  fi
  approve
  commit_definition
  step "definition         $CHAINCODE version $VERSION sequence $SEQUENCE is committed after ${SECONDS} s"
}

status() {
  [ -n "$(each_process)" ] || { echo "nothing runs in $NETWORK"; return; }
  print_processes
}

down() { # keep, or nothing
  refuse_foreign_folder
  is_ours || { echo "there is no network in $NETWORK"; return; }
  lock_folder
  # shellcheck disable=SC2046
  stop_processes $(each_process | tac)
  [ "$1" = keep ] || rm -rf "$NETWORK"
}

command=${1:-} consensus='' resume='' keep=''
for option in "${@:2}"; do
  case $command$option in
    up--raft) consensus=raft ;;
    up--resume) resume=resume ;;
    down--keep) keep=keep ;;
    *) usage >&2; exit 2 ;;
  esac
done
case $command in
  up) up "$consensus" "$resume" ;;
  deploy) deploy ;;
  status) status ;;
  down) down "$keep" ;;
  -h | --help | help) usage ;;
  *) usage >&2; exit 2 ;;
esac
