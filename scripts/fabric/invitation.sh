# What an enterprise must know to join, and nothing secret: the channel, the addresses of orderers and peers, the TLS roots.

write_invitation() {
  local folder=$NETWORK/invitation name
  mkdir -p "$folder/tls"
  for name in $(organization_names); do write_whole "$folder/tls/$name.pem" < "$(tls_root "$name")"; done
  for name in $(orderer_names); do echo "$name 127.0.0.1:$(port "$name" orderer)"; done | write_whole "$folder/orderers"
  for name in $(peer_names); do echo "$name 127.0.0.1:$(port "$name" peer) $(peer_host "$name")"; done | write_whole "$folder/peers"
  echo "$CHANNEL $CHAINCODE" | write_whole "$folder/channel"
}

read_invitation() { # folder
  local file
  for file in channel orderers peers tls; do
    [ -e "$1/$file" ] || fail "$1/$file is missing: ask a member for the folder \`invitation\` of its network, and name it by --invitation"
  done
  read -r CHANNEL CHAINCODE < "$1/channel"
}
