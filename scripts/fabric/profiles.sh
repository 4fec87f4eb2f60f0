# One profile for each user, so that `der` works on this network as on any other. Each tries its own organisation's peer first.

write_profiles() {
  local name folder user
  mkdir -p "$NETWORK/profiles"
  for name in $(peer_names); do
    for folder in "$(organization_folder "$name")"/users/*/; do
      user=$(basename "$folder" | cut -d@ -f1 | tr '[:upper:]' '[:lower:]')
      write_profile "$name" "$folder" | write_whole "$NETWORK/profiles/$name-$user.toml"
    done
  done
}

write_profile() { # organisation, the user's folder
  local other address host
  printf 'channel = "%s"\nchaincode = "%s"\nmsp_id = "%s"\nidentity = "%smsp"\n' "$CHANNEL" "$CHAINCODE" "$(organization_msp "$1")" "$2"
  write_endpoint "127.0.0.1:$(port "$1" peer)" "$(peer_host "$1")" "$(tls_root "$1")"
  while read -r other address host; do
    [ "$other" = "$1" ] || write_endpoint "$address" "$host" "$NETWORK/invitation/tls/$other.pem"
  done < "$NETWORK/invitation/peers"
}

write_endpoint() { # address, server name, TLS roots
  printf '\n[[endpoints]]\naddress = "%s"\nserver_name = "%s"\ntls_roots = "%s"\n' "$@"
}
