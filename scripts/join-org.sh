#!/usr/bin/env bash
# An enterprise joins a running consortium: its own keys, peer, chaincode service and, if it wants, ordering node. Each step is a command
# of its own, for the person who may do it; each can be run again at any point. docs/joining.md walks through them.
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: scripts/join-org.sh COMMAND

On the newcomer's machine, in this order
  material --invitation FOLDER   make the organisation's own keys; FOLDER is `invitation` of a member's network folder
  describe                       write new-org.json, which goes to the members; it holds no secret
  start-peer                     start the organisation's peer
  join                           after the members have added the organisation: join the channel and catch up with its blocks
  start-service                  start the organisation's chaincode service
  install                        install the package at the peer
  approve                        approve the definition that the members have committed
  profiles                       write a profile for each of the organisation's users
  start-orderer                  optional: start an ordering node and let it follow the channel, until the members add it as a consenter

At any time
  resume                         start again whatever of the above has been started before
  status                         what runs, how far the peer is, what is installed and approved
  stop [--keep]                  stop what this script started and delete its folder; --keep leaves ledger and keys

The members, between describe and join:  der org add | inspect | sign | submit, and der market admit when the peer endorses.

Environment
  DER_ORGANISATIONS   the organisation's own description, for example crypto-config/newcomer.toml
  DER_NETWORK_FOLDER  where its nodes live; .newcomer by default
  DER_BASE_PORT       its ports are taken from this one on; 18050 by default
  FABRIC_BIN, DER_BIN as for scripts/test-network.sh

Example
  DER_ORGANISATIONS=crypto-config/newcomer.toml scripts/join-org.sh material --invitation .test-network/invitation
TEXT
}

fail() { echo "error: $*" >&2; exit 1; }
step() { echo "$*"; }

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
NETWORK=${DER_NETWORK_FOLDER:-$ROOT/.newcomer}
case $NETWORK in /*) ;; *) NETWORK=$PWD/$NETWORK ;; esac
TEMPLATES=$ROOT/network/fabric
DER_BIN=${DER_BIN:-${CARGO_TARGET_DIR:-$ROOT/target}/release}
# Left-over variables would override the configuration of every node started from this shell.
for variable in $(compgen -e | grep -E '^(CORE|ORDERER|CONFIGTX)_' || true); do unset "$variable"; done

for part in state processes preflight description material invitation configuration channel chaincode profiles newcomer; do
  # shellcheck source=/dev/null
  . "$ROOT/scripts/fabric/$part.sh"
done

command=${1:-}
case $command in
  material) [ "${2:-}" = --invitation ] && [ $# = 3 ] || { usage >&2; exit 2; } ;;
  stop) [ $# = 1 ] || [ "$2" = --keep ] && [ $# -le 2 ] || { usage >&2; exit 2; } ;;
  *) [ $# -le 1 ] || { usage >&2; exit 2; } ;;
esac
case $command in
  material) own_material "$3" ;;
  describe) open_newcomer; describe_organisation ;;
  start-peer) open_newcomer; start_own_peer ;;
  join) open_newcomer; join_channel ;;
  start-service) open_newcomer; start_own_service ;;
  install) open_newcomer; install_own_package ;;
  approve) open_newcomer; approve_definition ;;
  profiles) open_newcomer; write_profiles; step "profiles           $NETWORK/profiles" ;;
  start-orderer) open_newcomer; start_own_orderer ;;
  resume) open_newcomer; resume ;;
  status) open_newcomer; tell_status ;;
  stop) stop_newcomer "${2:-}" ;;
  -h | --help | help) usage ;;
  *) usage >&2; exit 2 ;;
esac
