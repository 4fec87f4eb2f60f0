# The market's chaincode: package, services, lifecycle.

VERSION=${DER_CHAINCODE_VERSION:-1}
SEQUENCE=${DER_CHAINCODE_SEQUENCE:-1}
LABEL=${CHAINCODE}_$VERSION

# Sorted names, no times, no owners: the same package id on every machine.
archive() { tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --mode=0644 -C "$1" -cf - "${@:2}" | gzip -n; }

make_package() {
  local work=$NETWORK/chaincode/parts
  mkdir -p "$work"
  printf '{"service":"filled in by each organisation'"'"'s builder"}\n' > "$work/connection.json"
  printf '{"type":"ccaas","label":"%s"}\n' "$LABEL" > "$work/metadata.json"
  archive "$work" connection.json > "$work/code.tar.gz"
  archive "$work" metadata.json code.tar.gz > "$NETWORK/chaincode/$LABEL.tar.gz"
  PACKAGE_ID=$(peer_as "$(organization_names | head -1)" lifecycle chaincode calculatepackageid "$NETWORK/chaincode/$LABEL.tar.gz")
}

start_services() {
  local name tls
  for name in $(organization_names); do
    tls=$(service_tls_folder "$name")
    start_process "service-$name" "$NETWORK/services/$name" env CHAINCODE_ID="$PACKAGE_ID" \
      CHAINCODE_SERVER_ADDRESS="127.0.0.1:$(port "$name" service)" CHAINCODE_TLS_CERT="$tls/server.crt" \
      CHAINCODE_TLS_KEY="$tls/server.key" CHAINCODE_CLIENT_CA_CERT="$(tls_root "$name")" "$DER_BIN/der-chaincode"
  done
  for name in $(organization_names); do
    await 20 "the chaincode service of $name to listen" listens "$(port "$name" service)" || return 1
  done
}

is_installed() { peer_as "$1" lifecycle chaincode queryinstalled 2>&1 | grep -qF "$PACKAGE_ID"; }

install_package() {
  local name
  for name in $(organization_names); do
    is_installed "$name" || peer_as "$name" lifecycle chaincode install "$NETWORK/chaincode/$LABEL.tar.gz" >> "$NETWORK/logs/install.log" 2>&1 \
      || fail "the peer of $name did not install the package; see $NETWORK/logs/install.log"
  done
}

definition() {
  echo --channelID "$CHANNEL" --name "$CHAINCODE" --version "$VERSION" --sequence "$SEQUENCE" \
    --channel-config-policy /Channel/Application/Endorsement
}

to_orderer() {
  local name
  name=$(orderer_names | head -1)
  echo -o "127.0.0.1:$(port "$name" orderer)" --tls --cafile "$(orderer_folder "$name")/tls/ca.crt"
}

is_committed() { peer_as "$1" lifecycle chaincode querycommitted --channelID "$CHANNEL" --name "$CHAINCODE" 2>&1 | grep -q "Sequence: $SEQUENCE,"; }
is_ready_at() { peer_as "$1" lifecycle chaincode checkcommitreadiness $(definition) 2>&1 | grep -q "$(organization_msp "$1"): true"; }

approve() {
  local name
  for name in $(organization_names); do
    is_ready_at "$name" || peer_as "$name" lifecycle chaincode approveformyorg $(to_orderer) $(definition) --package-id "$PACKAGE_ID" \
      >> "$NETWORK/logs/approve.log" 2>&1 || fail "$name could not approve; see $NETWORK/logs/approve.log"
  done
}

commit_definition() {
  local name first targets=()
  first=$(organization_names | head -1)
  for name in $(organization_names); do
    targets+=(--peerAddresses "127.0.0.1:$(port "$name" peer)" --tlsRootCertFiles "$(tls_root "$name")")
  done
  peer_as "$first" lifecycle chaincode commit $(to_orderer) $(definition) "${targets[@]}" >> "$NETWORK/logs/commit.log" 2>&1 \
    || fail "the definition was not committed; see $NETWORK/logs/commit.log"
  for name in $(organization_names); do
    await 30 "the peer of $name to see the definition" is_committed "$name" || return 1
  done
}
