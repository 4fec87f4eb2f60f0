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
  local other
  printf 'channel = "%s"\nchaincode = "%s"\nmsp_id = "%s"\nidentity = "%smsp"\n' "$CHANNEL" "$CHAINCODE" "$(organization_msp "$1")" "$2"
  for other in "$1" $(peer_names | grep -vx "$1"); do
    printf '\n[[endpoints]]\naddress = "127.0.0.1:%s"\nserver_name = "%s"\ntls_roots = "%s"\n' \
      "$(port "$other" peer)" "$(peer_host "$other")" "$(tls_root "$other")"
  done
}
