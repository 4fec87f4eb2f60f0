# Key material: fabric-cryptogen makes all of it, or with DER_CRYPTOGEN=fabric Fabric's own cryptogen makes authorities, nodes and
# administrators. That one writes no attributes, so users and the chaincode services' pairs always come from fabric-cryptogen.

make_material() { # description
  if [ "${DER_CRYPTOGEN:-}" = fabric ]; then make_fabric_material; fi
  "$DER_BIN/fabric-cryptogen" generate --organisations "$1" --out "$NETWORK/crypto" > "$NETWORK/logs/cryptogen.log" 2>&1 \
    || fail "key material could not be made: $(tail -n 1 "$NETWORK/logs/cryptogen.log")"
}

# Made beside its place and moved there whole: an interrupted run leaves nothing that looks complete.
make_fabric_material() {
  local work=$NETWORK/crypto.new name
  [ ! -d "$NETWORK/crypto/peerOrganizations" ] || return 0
  rm -rf "$work"
  mkdir -p "$work"
  cryptogen_description PeerOrgs 4 > "$work/peers.yaml"
  run_cryptogen generate --config "$work/peers.yaml" --output "$work"
  # An organisation's orderers stand under the same authorities: cryptogen extends the organisations whose authorities it finds.
  for name in $(organization_names); do
    mkdir -p "$work/ordererOrganizations/$(column "$name" 3)"
    cp -r "$work/peerOrganizations/$(column "$name" 3)"/{ca,tlsca,msp} "$work/ordererOrganizations/$(column "$name" 3)/"
  done
  cryptogen_description OrdererOrgs 5 > "$work/orderers.yaml"
  run_cryptogen extend --config "$work/orderers.yaml" --input "$work"
  for name in $(organization_names); do
    mv "$work/ordererOrganizations/$(column "$name" 3)/orderers" "$work/peerOrganizations/$(column "$name" 3)/orderers"
    organization_msp "$name" > "$work/peerOrganizations/$(column "$name" 3)/msp_id"
  done
  rm -r "$work/ordererOrganizations"
  mkdir -p "$NETWORK/crypto"
  mv "$work/peerOrganizations" "$NETWORK/crypto/"
  rm -r "$work"
}

run_cryptogen() {
  "$FABRIC/cryptogen" "$@" > "$NETWORK/logs/cryptogen.log" 2>&1 || fail "Fabric's cryptogen failed: $(tail -n 1 "$NETWORK/logs/cryptogen.log")"
}

cryptogen_description() { # kind of organisation, column of its host
  local name host
  echo "$1:"
  for name in $(names_with "$2"); do
    host=$(column "$name" "$2")
    echo "  - { Name: $name, Domain: $(column "$name" 3), EnableNodeOUs: true, Specs: [{ Hostname: ${host%%.*}, SANS: [$(column "$name" 7)] }] }"
  done
}
