# Makes the channel's configuration and its first block from the description.

write_channel_configuration() {
  mkdir -p "$NETWORK/channel"
  { organizations_section; orderer_section; application_section; } | write_whole "$NETWORK/channel/configtx.yaml"
}

organizations_section() {
  local name msp orderers
  orderers=$(orderer_names)
  echo "Organizations:"
  for name in $(organization_names); do
    msp=$(organization_msp "$name")
    cat <<YAML
  - &$name
    Name: $msp
    ID: $msp
    MSPDir: $(organization_folder "$name")/msp
    Policies:
      Readers: { Type: Signature, Rule: "OR('$msp.member')" }
      Writers: { Type: Signature, Rule: "OR('$msp.member')" }
      Admins: { Type: Signature, Rule: "OR('$msp.admin')" }
      Endorsement: { Type: Signature, Rule: "OR('$msp.peer')" }
YAML
    if [ "$(peer_host "$name")" != - ]; then
      echo "    AnchorPeers: [{ Host: 127.0.0.1, Port: $(port "$name" peer) }]"
    fi
    if grep -qx "$name" <<< "$orderers"; then
      echo "    OrdererEndpoints: [\"127.0.0.1:$(port "$name" orderer)\"]"
    fi
  done
}

group_policies() {
  cat <<'YAML'
      Readers: { Type: ImplicitMeta, Rule: "ANY Readers" }
      Writers: { Type: ImplicitMeta, Rule: "ANY Writers" }
      Admins: { Type: ImplicitMeta, Rule: "MAJORITY Admins" }
YAML
}

orderer_section() {
  local name number=0
  cat <<YAML
Profiles:
  Market:
    Policies:
$(group_policies)
    Capabilities: { V3_0: true }
    Orderer:
      Policies:
$(group_policies | sed 's/^/  /')
        BlockValidation: { Type: ImplicitMeta, Rule: "ANY Writers" }
      Capabilities: { V2_0: true }
      BatchTimeout: ${DER_BATCH_TIMEOUT:-200ms}
      BatchSize: { MaxMessageCount: ${DER_BATCH_MESSAGES:-500}, AbsoluteMaxBytes: 10 MB, PreferredMaxBytes: 2 MB }
      Organizations: [$(orderer_names | sed 's/^/*/' | paste -sd, -)]
YAML
  if [ "$CONSENSUS" = raft ]; then
    echo "      OrdererType: etcdraft"
    echo "      EtcdRaft:"
    echo "        Options: { TickInterval: 100ms, ElectionTick: 10, HeartbeatTick: 1, MaxInflightBlocks: 5, SnapshotIntervalSize: 16 MB }"
    echo "        Consenters:"
    for name in $(orderer_names); do
      echo "          - { Host: 127.0.0.1, Port: $(port "$name" orderer), ClientTLSCert: $(orderer_folder "$name")/tls/server.crt, ServerTLSCert: $(orderer_folder "$name")/tls/server.crt }"
    done
    return
  fi
  # Shorter than Fabric's defaults (heartbeat 60 s, complain 20 s, view change 20 s), so that a faulty leader is replaced in seconds.
  cat <<YAML
      OrdererType: BFT
      SmartBFT:
        RequestBatchMaxInterval: ${DER_BATCH_TIMEOUT:-200ms}
        RequestForwardTimeout: 1s
        RequestComplainTimeout: 3s
        RequestAutoRemoveTimeout: 1m0s
        ViewChangeResendInterval: 1s
        ViewChangeTimeout: 5s
        LeaderHeartbeatTimeout: 3s
        CollectTimeout: 500ms
        IncomingMessageBufferSize: 400
        RequestPoolSize: 100000
        LeaderHeartbeatCount: 10
      ConsenterMapping:
YAML
  for name in $(orderer_names); do
    number=$((number + 1))
    echo "        - { ID: $number, Host: 127.0.0.1, Port: $(port "$name" orderer), MSPID: $(organization_msp "$name"), Identity: $(signing_certificate "$(orderer_folder "$name")"), ClientTLSCert: $(orderer_folder "$name")/tls/server.crt, ServerTLSCert: $(orderer_folder "$name")/tls/server.crt }"
  done
}

application_section() {
  cat <<YAML
    Application:
      Policies:
$(group_policies | sed 's/^/  /')
        Endorsement: { Type: ImplicitMeta, Rule: "$ENDORSEMENT Endorsement" }
        LifecycleEndorsement: { Type: ImplicitMeta, Rule: "MAJORITY Endorsement" }
      Capabilities: { V2_5: true }
      Organizations: [$(peer_names | sed 's/^/*/' | paste -sd, -)]
YAML
}

make_genesis() {
  [ -f "$NETWORK/channel/genesis.block" ] && return
  FABRIC_CFG_PATH=$NETWORK/channel "$FABRIC/configtxgen" -profile Market -channelID "$CHANNEL" \
    -outputBlock "$NETWORK/channel/genesis.block.new" >> "$NETWORK/logs/configtxgen.log" 2>&1 \
    || fail "configtxgen refused the channel configuration: $(tail -n 1 "$NETWORK/logs/configtxgen.log")"
  mv "$NETWORK/channel/genesis.block.new" "$NETWORK/channel/genesis.block"
}
