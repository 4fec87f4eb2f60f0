# The market's chaincode: package, services, lifecycle.

VERSION=${DER_CHAINCODE_VERSION:-1}
SEQUENCE=${DER_CHAINCODE_SEQUENCE:-1}

label() { echo "${CHAINCODE}_$VERSION"; }
package_file() { echo "$NETWORK/chaincode/$(label).tar.gz"; }
is_packaged() { [ -f "$(package_file)" ]; }

make_package() {
  local answer
  mkdir -p "$NETWORK/chaincode"
  answer=$("$DER_BIN/der" package --label "$(label)" --out "$(package_file)" --output json)
  PACKAGE_ID=$(sed -n 's/.*"package_id": *"\([^"]*\)".*/\1/p' <<< "$answer")
}

start_services() {
  local name tls
  for name in $(service_names); do
    tls=$(service_tls_folder "$name")
    start_process "service-$name" "$NETWORK/services/$name" env CHAINCODE_ID="$PACKAGE_ID" \
      CHAINCODE_SERVER_ADDRESS="127.0.0.1:$(port "$name" service)" CHAINCODE_TLS_CERT="$tls/server.crt" \
      CHAINCODE_TLS_KEY="$tls/server.key" CHAINCODE_CLIENT_CA_CERT="$(tls_root "$name")" "$DER_BIN/der-chaincode"
  done
  for name in $(service_names); do
    await_listening "service-$name" "$(port "$name" service)"
  done
}

is_installed() { peer_as "$1" lifecycle chaincode queryinstalled 2>&1 | grep -qF "$PACKAGE_ID"; }

install_package() {
  local name
  for name in $(peer_names); do
    is_installed "$name" || peer_as "$name" lifecycle chaincode install "$(package_file)" >> "$NETWORK/logs/install.log" 2>&1 \
      || fail "the peer of $name did not install the package; see $NETWORK/logs/install.log"
  done
}

definition() {
  echo --channelID "$CHANNEL" --name "$CHAINCODE" --version "$VERSION" --sequence "$SEQUENCE" \
    --channel-config-policy /Channel/Application/Endorsement
}

# The first orderer that listens.
to_orderer() {
  local name address
  while read -r name address; do
    if listens "${address##*:}"; then
      echo -o "$address" --tls --cafile "$NETWORK/invitation/tls/$name.pem"
      return
    fi
  done < "$NETWORK/invitation/orderers"
  fail "no orderer of $NETWORK/invitation/orderers can be reached: start one of them"
}

is_committed() { peer_as "$1" lifecycle chaincode querycommitted --channelID "$CHANNEL" --name "$CHAINCODE" 2>&1 | grep -q "Sequence: $SEQUENCE,"; }
is_ready_at() { peer_as "$1" lifecycle chaincode checkcommitreadiness $(definition) 2>&1 | grep -q "$(organization_msp "$1"): true"; }

approve() {
  local name
  for name in $(peer_names); do
    is_ready_at "$name" || peer_as "$name" lifecycle chaincode approveformyorg $(to_orderer) $(definition) --package-id "$PACKAGE_ID" \
      >> "$NETWORK/logs/approve.log" 2>&1 || fail "$name could not approve; see $NETWORK/logs/approve.log"
  done
}

commit_definition() {
  local name first targets=()
  first=$(peer_names | head -1)
  for name in $(peer_names); do
    targets+=(--peerAddresses "127.0.0.1:$(port "$name" peer)" --tlsRootCertFiles "$(tls_root "$name")")
  done
  peer_as "$first" lifecycle chaincode commit $(to_orderer) $(definition) "${targets[@]}" >> "$NETWORK/logs/commit.log" 2>&1 \
    || fail "the definition was not committed; see $NETWORK/logs/commit.log"
  for name in $(peer_names); do
    await 30 "the peer of $name to see the definition" is_committed "$name" || return 1
  done
}
