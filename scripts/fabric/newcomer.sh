# The steps by which one organisation joins; its description has one organisation, NAME.

check_newcomer() {
  require_fabric peer orderer osnadmin
  require_der der der-chaincode fabric-cryptogen
}

own_material() { # the members' invitation
  local description=${DER_ORGANISATIONS:-}
  check_newcomer
  refuse_foreign_folder
  [ -r "$description" ] || fail "name the organisation's own description by DER_ORGANISATIONS, for example crypto-config/newcomer.toml"
  read_invitation "$1"
  BASE_PORT=$(setting base-port "${DER_BASE_PORT:-}" 18050)
  require_base_port
  read_own_organisation "$description"
  ! cut -d' ' -f1 "$1/peers" | grep -qx "$NAME" || fail "$NAME is a member already: give the newcomer's domain another first label"
  require_loopback_hosts
  refuse_another_layout
  require_leveldb "$TEMPLATES/core.yaml"
  require_unexpired_material
  claim_folder
  echo "$BASE_PORT" | write_whole "$NETWORK/base-port"
  layout | write_whole "$NETWORK/layout"
  mkdir -p "$NETWORK/invitation" && cp -r "$1"/. "$NETWORK/invitation/"
  write_whole "$NETWORK/organisation.toml" < "$description"
  make_material "$NETWORK/organisation.toml"
  write_whole "$NETWORK/invitation/tls/$NAME.pem" < "$(tls_root "$NAME")"
  step "key material       $NETWORK/crypto; keep it secret and keep a copy of the two authorities' keys offline"
}

read_own_organisation() { # description
  read_organizations "$1"
  [ "$(wc -l <<< "$ROWS")" = 1 ] || fail "$1 describes $(wc -l <<< "$ROWS") organisations: a newcomer's description has its own one only"
  NAME=$(organization_names)
  [ "$(peer_names) $(service_names)" = "$NAME $NAME" ] || fail "$1 gives $NAME no peer or no chaincode service: add peers = [\"peer0\"] and chaincodes = [\"market\"]"
}

open_newcomer() {
  check_newcomer
  is_ours && [ -f "$NETWORK/organisation.toml" ] || fail "there is no organisation in $NETWORK: run scripts/join-org.sh material first"
  lock_folder
  BASE_PORT=$(recorded base-port)
  read_own_organisation "$NETWORK/organisation.toml"
  read_invitation "$NETWORK/invitation"
  require_unexpired_material
}

describe_organisation() {
  local file=$NETWORK/new-org.json orderer=()
  if [ "$(orderer_host "$NAME")" != - ]; then
    orderer=(--orderer "127.0.0.1:$(port "$NAME" orderer)" --orderer-identity "$(signing_certificate "$(orderer_folder "$NAME")")"
      --orderer-tls "$(orderer_folder "$NAME")/tls/server.crt")
  fi
  rm -f "$file"
  "$DER_BIN/der" org describe --msp-id "$(organization_msp "$NAME")" --msp "$(organization_folder "$NAME")/msp" \
    --anchor "127.0.0.1:$(port "$NAME" peer)" "${orderer[@]}" --out "$file" > /dev/null
  step "description        $file; send it to the members, they add it by: der org add new-org.json --out add.update"
}

start_own_peer() {
  write_peer_configuration "$NAME"
  write_service_folder "$NAME"
  require_leveldb "$NETWORK/peers/$NAME/core.yaml"
  require_free_ports "peer-$NAME" "$(port "$NAME" peer)" "peer-$NAME" "$(port "$NAME" peer-chaincode)" "peer-$NAME" "$(port "$NAME" peer-operations)"
  start_peers
  step "peer               $(peer_host "$NAME") on 127.0.0.1:$(port "$NAME" peer)"
}

require_own_peer() { is_running "peer-$NAME" || fail "the peer does not run: run scripts/join-org.sh start-peer first"; }

fetch_block() { # number or config, file
  local said
  mkdir -p "$NETWORK/channel"
  # shellcheck disable=SC2046
  said=$(peer_as "$NAME" channel fetch "$1" "$2.new" -c "$CHANNEL" $(to_orderer) 2>&1) || {
    case $said in
      *FORBIDDEN*) fail "the orderers do not know $(organization_msp "$NAME") yet: the members have to add it first (der org add, sign, submit), then run this again" ;;
      *) fail "block $1 could not be fetched: $(tail -n 1 <<< "$said")" ;;
    esac
  }
  mv "$2.new" "$2"
}

join_channel() {
  require_own_peer
  [ -f "$NETWORK/channel/genesis.block" ] || fetch_block 0 "$NETWORK/channel/genesis.block"
  join_peers
  TARGET=$(channel_height) || fail "no orderer of $NETWORK/invitation/orderers gives its newest block: ask the members whether theirs run"
  await 600 "the peer to reach block $TARGET" has_caught_up || return 1
  step "channel            $CHANNEL is joined, height $(own_height)"
}

own_height() { peer_as "$NAME" channel getinfo -c "$CHANNEL" 2> /dev/null | sed -n 's/.*"height":\([0-9]*\).*/\1/p' | grep .; }

# The orderers' newest block tells how far the channel is; only the log line of the command tells its number.
channel_height() {
  local number
  # shellcheck disable=SC2046
  number=$(CLI_LOG=info peer_as "$NAME" channel fetch newest "$NETWORK/channel/newest.block" -c "$CHANNEL" $(to_orderer) 2>&1 | sed -n 's/.*Received block: \([0-9]*\).*/\1/p' | tail -1 | grep .) && echo $((number + 1))
}

has_caught_up() { [ "$(own_height)" -ge "$TARGET" ]; }

# Version and sequence are the members': the newcomer runs and approves what they committed.
read_definition() {
  local said
  require_own_peer
  said=$(peer_as "$NAME" lifecycle chaincode querycommitted --channelID "$CHANNEL" --name "$CHAINCODE" 2>&1 | sed -n 's/^Version: \([^,]*\), Sequence: \([0-9]*\),.*/\1 \2/p')
  [ -n "$said" ] || fail "the peer knows no committed definition of $CHAINCODE: run scripts/join-org.sh join first, and ask the members whether they have committed one"
  read -r VERSION SEQUENCE <<< "$said"
  make_package
}

start_own_service() {
  read_definition
  require_free_ports "service-$NAME" "$(port "$NAME" service)"
  start_services
  step "service            $(label) on 127.0.0.1:$(port "$NAME" service)"
}

install_own_package() {
  read_definition
  install_package
  step "installed          $PACKAGE_ID"
}

has_approved() {
  peer_as "$NAME" lifecycle chaincode queryapproved --channelID "$CHANNEL" --name "$CHAINCODE" --sequence "$SEQUENCE" 2>&1 | grep -qF "$PACKAGE_ID"
}

approve_definition() {
  read_definition
  is_installed "$NAME" || fail "the package is not installed: run scripts/join-org.sh install first"
  if ! has_approved; then
    # shellcheck disable=SC2046
    peer_as "$NAME" lifecycle chaincode approveformyorg $(to_orderer) $(definition) --package-id "$PACKAGE_ID" >> "$NETWORK/logs/approve.log" 2>&1 \
      || fail "sequence $SEQUENCE could not be approved: $(tail -n 1 "$NETWORK/logs/approve.log")"
    await 30 "the approval to be in the peer's ledger" has_approved || return 1
  fi
  step "approved           $CHAINCODE version $VERSION sequence $SEQUENCE"
}

start_own_orderer() {
  local answer
  [ "$(orderer_host "$NAME")" != - ] || fail "the description gives $NAME no orderer: add orderers = [\"orderer0\"] and run material again"
  write_orderer_configuration "$NAME"
  # Of the command that fetches blocks; the peer itself need not run.
  write_peer_configuration "$NAME"
  require_free_ports "orderer-$NAME" "$(port "$NAME" orderer)" "orderer-$NAME" "$(port "$NAME" orderer-admin)" "orderer-$NAME" "$(port "$NAME" orderer-operations)"
  CONSENSUS=bft start_orderers
  answer=$(orderer_says "$NAME" || true)
  if ! grep -q 'Status: 200' <<< "$answer"; then
    fetch_block config "$NETWORK/channel/config.block"
    answer=$(administer_orderer "$NAME" join --channelID "$CHANNEL" --config-block "$NETWORK/channel/config.block" || true)
    grep -q 'Status: 201' <<< "$answer" || fail "the orderer did not join: $answer"
  fi
  await 120 "the orderer to have all blocks" orderer_becomes_active "$NAME" || return 1
  step "orderer            $(orderer_host "$NAME") has the channel; unless it is one already, the members make it a consenter by: der org consenter add new-org.json --out consenter.update"
}

resume() {
  if [ -d "$NETWORK/peers/$NAME/data" ]; then start_own_peer; fi
  if [ -d "$NETWORK/chaincode" ]; then start_own_service; fi
  if [ -d "$NETWORK/orderers/$NAME/data" ]; then start_own_orderer; fi
}

tell_status() {
  local code=0
  print_processes || code=1
  if is_running "orderer-$NAME"; then
    echo "orderer: $(orderer_says "$NAME" | sed -n 's/.*"\(consensusRelation\|status\|height\)": "\{0,1\}\([a-z0-9]*\).*/\2/p' | paste -sd' ' -)"
  fi
  is_running "peer-$NAME" || return "$code"
  echo "height: $(own_height || echo "not joined") of $(channel_height || echo "an unknown number of") blocks"
  if peer_as "$NAME" lifecycle chaincode querycommitted --channelID "$CHANNEL" --name "$CHAINCODE" > /dev/null 2>&1; then
    read_definition
    echo "definition: version $VERSION sequence $SEQUENCE, $(if is_installed "$NAME"; then echo installed; else echo "not installed"; fi), $(if has_approved; then echo approved; else echo "not approved"; fi)"
  fi
  return "$code"
}

stop_newcomer() { # --keep, or nothing
  refuse_foreign_folder
  is_ours || { echo "there is no organisation in $NETWORK"; return; }
  lock_folder
  # shellcheck disable=SC2046
  stop_processes $(each_process | tac)
  [ "$1" = --keep ] || rm -rf "$NETWORK"
}
