# Makes every configuration file of the network from the description in organizations.sh.

fill() { # template, then NAME=value ...
  local template=$1 expressions=() pair
  shift
  for pair in "$@"; do expressions+=(-e "s|@${pair%%=*}@|${pair#*=}|g"); done
  sed "${expressions[@]}" "$TEMPLATES/$template"
}

write_node_configuration() {
  local name=$1 msp domain
  msp=$(organization_msp "$name") domain=$(organization_domain "$name")
  mkdir -p "$NETWORK/peers/$name" "$NETWORK/orderers/$name" "$NETWORK/services/$name"
  fill core.yaml "FQDN=peer0.$domain" "MSP_ID=$msp" "NODE=$(peer_folder "$name")" "DATA=$NETWORK/peers/$name/data" \
    "ADDRESS=127.0.0.1:$(port "$name" peer)" "CHAINCODE_ADDRESS=127.0.0.1:$(port "$name" peer-chaincode)" \
    "OPERATIONS_ADDRESS=127.0.0.1:$(port "$name" peer-operations)" "BUILDER=$TEMPLATES/builder" > "$NETWORK/peers/$name/core.yaml"
  fill orderer.yaml "PORT=$(port "$name" orderer)" "MSP_ID=$msp" "NODE=$(orderer_folder "$name")" "DATA=$NETWORK/orderers/$name/data" \
    "OPERATIONS_ADDRESS=127.0.0.1:$(port "$name" orderer-operations)" "ADMIN_ADDRESS=127.0.0.1:$(port "$name" orderer-admin)" \
    "TLS_ROOTS=$(all_tls_roots)" > "$NETWORK/orderers/$name/orderer.yaml"
  write_service_folder "$name"
}

all_tls_roots() { local name; for name in $(organization_names); do printf '%s, ' "$(tls_root "$name")"; done | sed 's/, $//'; }

# What the external builder reads: this organisation's address of the service and the peer's own TLS pair to dial it with.
write_service_folder() {
  local folder=$NETWORK/services/$1/peer
  (umask 077 && mkdir -p "$folder")
  echo "127.0.0.1:$(port "$1" service)" > "$folder/address"
  cp "$(peer_folder "$1")/tls/server.crt" "$folder/client.crt"
  (umask 077 && cp "$(peer_folder "$1")/tls/server.key" "$folder/client.key")
  cp "$(service_tls_folder "$1")/ca.crt" "$folder/ca.crt"
}

write_channel_configuration() {
  mkdir -p "$NETWORK/channel"
  { organizations_section; orderer_section; application_section; } > "$NETWORK/channel/configtx.yaml"
}

organizations_section() {
  local name msp
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
    AnchorPeers: [{ Host: 127.0.0.1, Port: $(port "$name" peer) }]
YAML
    if orderer_names | grep -qx "$name"; then
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

signing_certificate() { find "$1/msp/signcerts" -name '*.pem' | head -1; }

application_section() {
  cat <<YAML
    Application:
      Policies:
$(group_policies | sed 's/^/  /')
        Endorsement: { Type: ImplicitMeta, Rule: "MAJORITY Endorsement" }
        LifecycleEndorsement: { Type: ImplicitMeta, Rule: "MAJORITY Endorsement" }
      Capabilities: { V2_5: true }
      Organizations: [$(organization_names | sed 's/^/*/' | paste -sd, -)]
YAML
}
