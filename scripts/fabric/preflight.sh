# What must hold before anything is made or started. Each refusal is one sentence that says what to do.

FABRIC_VERSION=3.1.5

require_fabric() {
  local tool
  FABRIC=${FABRIC_BIN:-$(dirname "$(command -v peer || echo /nowhere/peer)")}
  for tool in "$@"; do
    [ -x "$FABRIC/$tool" ] || fail "Fabric's $tool was not found${FABRIC_BIN:+ in $FABRIC_BIN}: take hyperledger-fabric $FABRIC_VERSION for your system from Hyperledger Fabric's release page (github.com/hyperledger/fabric/releases/tag/v$FABRIC_VERSION) and put its bin folder on PATH or into FABRIC_BIN"
  done
  for tool in "$@"; do
    case $tool in peer | orderer) require_version "$tool" ;; esac
  done
}

require_version() {
  local found
  found=$("$FABRIC/$1" version 2> /dev/null | sed -n 's/^ *Version: *v\{0,1\}//p' | head -1)
  [ "$found" = "$FABRIC_VERSION" ] || fail "$FABRIC/$1 is version ${found:-unknown}, these scripts need $FABRIC_VERSION: take it from Hyperledger Fabric's release page (github.com/hyperledger/fabric/releases/tag/v$FABRIC_VERSION) and point FABRIC_BIN to its bin folder"
}

require_der() {
  local tool
  for tool in "$@"; do
    [ -x "$DER_BIN/$tool" ] || fail "$DER_BIN/$tool was not found: run cargo build --release --locked --package der-cli --package der-chaincode --package fabric-cryptogen, or set DER_BIN to the folder that has it"
  done
}

# State databases other than LevelDB re-marshal values, so that hashes over them would differ between peers.
require_leveldb() { # core.yaml ...
  local file kind
  for file in "$@"; do
    kind=$(sed -n 's/^ *stateDatabase: *\([A-Za-z]*\).*/\1/p' "$file")
    [ "${kind:-goleveldb}" = goleveldb ] || fail "$file asks for the state database $kind, which changes values and with them their hashes: set ledger.state.stateDatabase to goleveldb"
  done
}

require_base_port() {
  [[ $BASE_PORT =~ ^[0-9]{4,5}$ ]] && [ "$BASE_PORT" -ge 1024 ] && [ "$BASE_PORT" -le 65000 ] \
    || fail "DER_BASE_PORT is $BASE_PORT: give a number from 1024 to 65000"
}

# The ports of what is to be started and does not run yet.
require_free_ports() { # process name and port in turns
  local taken
  taken=$(listening_ports)
  while [ $# -gt 0 ]; do
    if ! is_running "$1" && grep -qx "$2" <<< "$taken"; then
      fail "port $2, which $1 needs, is taken$(port_holder "$2"): stop that process, or choose other ports by DER_BASE_PORT (now $BASE_PORT)"
    fi
    shift 2
  done
}

listening_ports() {
  awk '$4 == "0A" { sub(/.*:/, "", $2); print $2 }' /proc/net/tcp /proc/net/tcp6 2> /dev/null | sort -u | while read -r hex; do echo $((16#$hex)); done
}

# " by NAME (process ID)" where the system tells us.
port_holder() {
  local inode file id
  inode=$(awk -v port="$(printf ':%04X' "$1")" '$4 == "0A" && $2 ~ port "$" { print $10; exit }' /proc/net/tcp /proc/net/tcp6 2> /dev/null)
  file=$(find /proc/[0-9]*/fd -lname "socket:\\[$inode\\]" -print -quit 2> /dev/null || true)
  [ -n "$file" ] || return 0
  id=${file#/proc/} id=${id%%/*}
  echo " by $(cat "/proc/$id/comm" 2> /dev/null || echo "a process") (process $id)"
}

# Expired certificates would show as connections that fail for no stated reason. Material that cannot be listed is incomplete: its
# making was interrupted, and the next step completes it or says what is wrong.
require_unexpired_material() {
  local expired
  [ -d "$NETWORK/crypto/peerOrganizations" ] || return 0
  expired=$("$DER_BIN/fabric-cryptogen" inspect --out "$NETWORK/crypto" --output json 2> /dev/null | awk -F'"' '$2 == "holder" { holder = $4 } $2 == "state" && $4 == "expired" { print holder }' | sort -u || true)
  [ -z "$expired" ] || fail "$(wc -l <<< "$expired") holder(s) of certificates in $NETWORK/crypto have expired, among them $(head -1 <<< "$expired"): run $DER_BIN/fabric-cryptogen renew --out $NETWORK/crypto HOLDER for each, or take the network down and make a new one"
}
