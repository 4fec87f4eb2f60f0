#!/usr/bin/env bash
# A Hyperledger Fabric consortium on this machine, without Docker: four organisations with a peer, an ordering node and a chaincode
# service each, TLS everywhere, everything bound to loopback. Safe to run again; stops only what it started.
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: scripts/test-network.sh up [--raft] | deploy | status | down [--keep]

  up        make key material and configuration, start orderers and peers, create and join the channel
  deploy    package the chaincode, start one service per organisation, install, approve by all, commit
  status    one line per process
  down      stop what this script started and delete its folder; --keep leaves ledgers and keys, `up` resumes them

  --raft    three Raft orderers instead of four SmartBFT ones

Environment
  FABRIC_BIN          folder of Fabric's binaries 3.1 (peer, orderer, configtxgen, osnadmin); otherwise they are taken from PATH
  DER_BIN             folder of der-chaincode and fabric-cryptogen; otherwise target/release
  DER_NETWORK_FOLDER  where the network lives; .test-network by default
  DER_BASE_PORT       ports are taken from this one on; 17050 by default

Example
  cargo build --release && FABRIC_BIN=~/fabric/bin scripts/test-network.sh up && scripts/test-network.sh deploy
TEXT
}

fail() { echo "error: $*" >&2; exit 1; }
step() { echo "$*"; }

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
NETWORK=${DER_NETWORK_FOLDER:-$ROOT/.test-network}
TEMPLATES=$ROOT/network/fabric
DER_BIN=${DER_BIN:-$ROOT/target/release}
# Left-over variables would override the configuration of every node started from this shell.
for variable in $(compgen -e | grep -E '^(CORE|ORDERER|CONFIGTX)_' || true); do unset "$variable"; done

for part in organizations processes configuration profiles channel chaincode; do
  # shellcheck source=/dev/null
  . "$ROOT/scripts/fabric/$part.sh"
done

find_fabric() {
  local tool
  FABRIC=${FABRIC_BIN:-$(dirname "$(command -v peer || echo /nowhere/peer)")}
  for tool in peer orderer configtxgen osnadmin; do
    [ -x "$FABRIC/$tool" ] || fail "Fabric's $tool was not found. Install the binaries of Hyperledger Fabric 3.1.5 (its release page offers them) and set FABRIC_BIN to their folder."
  done
  for tool in der-chaincode fabric-cryptogen; do
    [ -x "$DER_BIN/$tool" ] || fail "$DER_BIN/$tool was not found. Run: cargo build --release"
  done
}

up() {
  find_fabric
  mkdir -p "$NETWORK/logs"
  echo "$CONSENSUS" > "$NETWORK/consensus"
  step "key material       $NETWORK/crypto"
  "$DER_BIN/fabric-cryptogen" generate --organisations "$ROOT/crypto-config/consortium.toml" --out "$NETWORK/crypto" > "$NETWORK/logs/cryptogen.log" 2>&1 \
    || fail "key material could not be made; see $NETWORK/logs/cryptogen.log"
  for name in $(organization_names); do write_node_configuration "$name"; done
  write_channel_configuration
  write_profiles
  make_genesis
  step "orderers           $(orderer_names | paste -sd' ' -) ($CONSENSUS)"
  start_orderers
  join_orderers
  step "peers              $(organization_names | paste -sd' ' -)"
  start_peers
  join_peers
  step "channel            $CHANNEL is up after ${SECONDS} s; next: scripts/test-network.sh deploy"
}

deploy() {
  find_fabric
  make_package
  step "package            $PACKAGE_ID"
  start_services
  step "services           $(organization_names | paste -sd' ' -)"
  install_package
  if is_committed "$(organization_names | head -1)"; then
    step "definition         sequence $SEQUENCE is committed already"
    return
  fi
  approve
  commit_definition
  step "definition         $CHAINCODE version $VERSION sequence $SEQUENCE is committed after ${SECONDS} s"
}

each_process() { local kind; for kind in orderer peer service; do ls "$NETWORK/run" 2> /dev/null | grep "^$kind-" || true; done; }

status() {
  local name
  [ -n "$(each_process)" ] || { echo "nothing runs in $NETWORK"; return; }
  for name in $(each_process); do
    if is_running "$name"; then echo "$name: runs"; else echo "$name: STOPPED; see $NETWORK/logs/$name.log"; fi
  done
}

down() {
  local name
  for name in $(each_process | tac); do stop_process "$name"; step "stopped            $name"; done
  [ "${1:-}" = --keep ] || rm -rf "$NETWORK"
}

CONSENSUS=$(cat "$NETWORK/consensus" 2> /dev/null || echo bft)
case ${1:-} in
  up) if [ "${2:-}" = --raft ]; then CONSENSUS=raft; fi; up ;;
  deploy) deploy ;;
  status) status ;;
  down) down "${2:-}" ;;
  -h | --help | help) usage ;;
  *) usage >&2; exit 2 ;;
esac
