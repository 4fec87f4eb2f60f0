# Makes every configuration file of the network's nodes from the description.

fill() { # template, then NAME=value ...
  local template=$1 expressions=() pair
  shift
  for pair in "$@"; do expressions+=(-e "s|@${pair%%=*}@|${pair#*=}|g"); done
  sed "${expressions[@]}" "$TEMPLATES/$template"
}

write_peer_configuration() {
  local name=$1
  mkdir -p "$NETWORK/peers/$name"
  fill core.yaml "FQDN=$(peer_host "$name")" "MSP_ID=$(organization_msp "$name")" "NODE=$(peer_folder "$name")" \
    "DATA=$NETWORK/peers/$name/data" "ADDRESS=127.0.0.1:$(port "$name" peer)" \
    "CHAINCODE_ADDRESS=127.0.0.1:$(port "$name" peer-chaincode)" "OPERATIONS_ADDRESS=127.0.0.1:$(port "$name" peer-operations)" \
    "BUILDER=$TEMPLATES/builder" | write_whole "$NETWORK/peers/$name/core.yaml"
}

write_orderer_configuration() {
  local name=$1
  mkdir -p "$NETWORK/orderers/$name"
  fill orderer.yaml "PORT=$(port "$name" orderer)" "MSP_ID=$(organization_msp "$name")" "NODE=$(orderer_folder "$name")" \
    "DATA=$NETWORK/orderers/$name/data" "OPERATIONS_ADDRESS=127.0.0.1:$(port "$name" orderer-operations)" \
    "ADMIN_ADDRESS=127.0.0.1:$(port "$name" orderer-admin)" "TLS_ROOTS=$(all_tls_roots)" | write_whole "$NETWORK/orderers/$name/orderer.yaml"
}

all_tls_roots() { printf '%s, ' "$NETWORK"/invitation/tls/*.pem | sed 's/, $//'; }

# What the external builder reads: this organisation's address of the service and the peer's own TLS pair to dial it with.
write_service_folder() {
  local folder=$NETWORK/services/$1/peer
  (umask 077 && mkdir -p "$folder")
  echo "127.0.0.1:$(port "$1" service)" | write_whole "$folder/address"
  write_whole "$folder/client.crt" < "$(peer_folder "$1")/tls/server.crt"
  (umask 077 && write_whole "$folder/client.key" < "$(peer_folder "$1")/tls/server.key")
  write_whole "$folder/ca.crt" < "$(tls_root "$1")"
}
