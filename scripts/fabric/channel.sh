# Orderers, channel, peers.

start_orderers() {
  local name
  for name in $(orderer_names); do
    start_process "orderer-$name" "$NETWORK/orderers/$name" env FABRIC_CFG_PATH="$NETWORK/orderers/$name" "$FABRIC/orderer"
  done
  for name in $(orderer_names); do
    await 20 "the orderer of $name to listen" listens "$(port "$name" orderer-admin)" || return 1
  done
}

start_peers() {
  local name
  for name in $(organization_names); do
    start_process "peer-$name" "$NETWORK/peers/$name" env FABRIC_CFG_PATH="$NETWORK/peers/$name" \
      DER_CHAINCODE_SERVICE="$NETWORK/services/$name/peer" "$FABRIC/peer" node start
  done
  for name in $(organization_names); do
    await 20 "the peer of $name to listen" listens "$(port "$name" peer)" || return 1
  done
}

make_genesis() {
  [ -f "$NETWORK/channel/genesis.block" ] && return
  FABRIC_CFG_PATH=$NETWORK/channel "$FABRIC/configtxgen" -profile Market -channelID "$CHANNEL" \
    -outputBlock "$NETWORK/channel/genesis.block" >> "$NETWORK/logs/configtxgen.log" 2>&1 \
    || fail "configtxgen refused the channel configuration; see $NETWORK/logs/configtxgen.log"
}

# osnadmin exits with 0 for any HTTP answer: only the status it prints tells.
administer_orderer() { # organisation, arguments of osnadmin channel ...
  local name=$1 tls
  tls=$(orderer_folder "$name")/tls
  shift
  "$FABRIC/osnadmin" channel "$@" -o "127.0.0.1:$(port "$name" orderer-admin)" \
    --ca-file "$tls/ca.crt" --client-cert "$tls/server.crt" --client-key "$tls/server.key" 2>&1
}

orderer_is_active() { administer_orderer "$1" list --channelID "$CHANNEL" | grep -q '"status": "active"'; }
orderer_has_joined() { administer_orderer "$1" list --channelID "$CHANNEL" | grep -q 'Status: 200'; }

join_orderers() {
  local name answer
  for name in $(orderer_names); do
    orderer_has_joined "$name" && continue
    answer=$(administer_orderer "$name" join --channelID "$CHANNEL" --config-block "$NETWORK/channel/genesis.block" || true)
    grep -q 'Status: 201' <<< "$answer" || fail "the orderer of $name did not join: $answer"
  done
  for name in $(orderer_names); do
    await 30 "the orderer of $name to be active" orderer_is_active "$name" || return 1
  done
}

# The peer command as an organisation's administrator.
peer_as() { # organisation, arguments ...
  local name=$1
  shift
  env FABRIC_CFG_PATH="$NETWORK/peers/$name" FABRIC_LOGGING_SPEC=error RF_CLI_LOG=info \
    CORE_PEER_LOCALMSPID="$(organization_msp "$name")" CORE_PEER_MSPCONFIGPATH="$(admin_folder "$name")/msp" \
    CORE_PEER_ADDRESS="127.0.0.1:$(port "$name" peer)" CORE_PEER_TLS_ROOTCERT_FILE="$(tls_root "$name")" "$FABRIC/peer" "$@"
}

peer_has_joined() { peer_as "$1" channel list 2>&1 | grep -qx "$CHANNEL"; }

join_peers() {
  local name
  for name in $(organization_names); do
    await 20 "the peer of $name to answer" peer_as "$name" channel list || return 1
    peer_has_joined "$name" || peer_as "$name" channel join -b "$NETWORK/channel/genesis.block" >> "$NETWORK/logs/join.log" 2>&1 \
      || fail "the peer of $name did not join; see $NETWORK/logs/join.log"
  done
}
