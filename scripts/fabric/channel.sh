# Orderers, channel, peers.

start_orderers() {
  local name
  for name in $(orderer_names); do
    start_process "orderer-$name" "$NETWORK/orderers/$name" env FABRIC_CFG_PATH="$NETWORK/orderers/$name" "$FABRIC/orderer"
  done
  for name in $(orderer_names); do
    await_listening "orderer-$name" "$(port "$name" orderer-admin)"
  done
}

start_peers() {
  local name
  for name in $(peer_names); do
    start_process "peer-$name" "$NETWORK/peers/$name" env FABRIC_CFG_PATH="$NETWORK/peers/$name" \
      DER_CHAINCODE_SERVICE="$NETWORK/services/$name/peer" "$FABRIC/peer" node start
  done
  for name in $(peer_names); do
    await_listening "peer-$name" "$(port "$name" peer)"
  done
}

# osnadmin exits with 0 for any HTTP answer: only the status it prints tells.
administer_orderer() { # organisation, arguments of osnadmin channel ...
  local name=$1 tls
  tls=$(orderer_folder "$name")/tls
  shift
  "$FABRIC/osnadmin" channel "$@" -o "127.0.0.1:$(port "$name" orderer-admin)" \
    --ca-file "$tls/ca.crt" --client-cert "$tls/server.crt" --client-key "$tls/server.key" 2>&1
}

orderer_is_active() { grep -q '"status": "active"' <<< "$1"; }
orderer_says() { administer_orderer "$1" list --channelID "$CHANNEL"; }
orderer_becomes_active() { orderer_is_active "$(orderer_says "$1")"; }

join_orderers() {
  local name answer inactive=()
  for name in $(orderer_names); do
    answer=$(orderer_says "$name" || true)
    orderer_is_active "$answer" && continue
    inactive+=("$name")
    grep -q 'Status: 200' <<< "$answer" && continue
    answer=$(administer_orderer "$name" join --channelID "$CHANNEL" --config-block "$NETWORK/channel/genesis.block" || true)
    grep -q 'Status: 201' <<< "$answer" || fail "the orderer of $name did not join: $answer"
  done
  for name in "${inactive[@]}"; do
    await 30 "the orderer of $name to be active" orderer_becomes_active "$name" || return 1
  done
}

# The peer command as an organisation's administrator.
peer_as() { # organisation, arguments ...
  local name=$1
  shift
  env FABRIC_CFG_PATH="$NETWORK/peers/$name" FABRIC_LOGGING_SPEC="${CLI_LOG:-error}" \
    CORE_PEER_LOCALMSPID="$(organization_msp "$name")" CORE_PEER_MSPCONFIGPATH="$(admin_folder "$name")/msp" \
    CORE_PEER_ADDRESS="127.0.0.1:$(port "$name" peer)" CORE_PEER_TLS_ROOTCERT_FILE="$(tls_root "$name")" "$FABRIC/peer" "$@"
}

peer_lists_channels() { CHANNELS=$(peer_as "$1" channel list 2>&1); }

join_peers() {
  local name
  for name in $(peer_names); do
    await 20 "the peer of $name to answer" peer_lists_channels "$name" || return 1
    grep -qx "$CHANNEL" <<< "$CHANNELS" || peer_as "$name" channel join -b "$NETWORK/channel/genesis.block" >> "$NETWORK/logs/join.log" 2>&1 \
      || fail "the peer of $name did not join; see $NETWORK/logs/join.log"
  done
}
