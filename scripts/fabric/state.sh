# The folder of a network. A mark in it tells that these scripts made it: no other folder is written to or deleted.

MARK=made-by-der-scripts

is_ours() { [ -f "$NETWORK/$MARK" ]; }

refuse_foreign_folder() {
  if [ -e "$NETWORK" ] && [ ! -d "$NETWORK" ]; then
    fail "$NETWORK is not a folder: name another by DER_NETWORK_FOLDER"
  fi
  if [ -d "$NETWORK" ] && ! is_ours && [ -n "$(ls -A "$NETWORK")" ]; then
    fail "$NETWORK holds files that this script did not make: name another folder by DER_NETWORK_FOLDER, or empty this one yourself"
  fi
}

# One script at a time works on a folder; the lock goes with the script, however it ends.
lock_folder() {
  exec 9> "$NETWORK/lock"
  flock -w 20 9 || fail "another command works on $NETWORK: wait until it has ended"
}

claim_folder() {
  mkdir -p "$NETWORK"
  [ -e "$NETWORK/$MARK" ] || echo "$0" > "$NETWORK/$MARK"
  lock_folder
  mkdir -p "$NETWORK/logs" "$NETWORK/run"
}

# Writes standard input to a file that appears whole or not at all.
write_whole() { cat > "$1.new" && mv "$1.new" "$1"; }

recorded() { cat "$NETWORK/$1" 2> /dev/null || true; }

has_ledgers() { compgen -G "$NETWORK/peers/*/data" > /dev/null || compgen -G "$NETWORK/orderers/*/data" > /dev/null; }

# Settings come from the folder once it has them; asking for others than those that its ledgers were made with is refused.
setting() { # name, what is asked for or nothing, default
  local made
  made=$(recorded "$1")
  if [ -n "$made" ] && [ -n "$2" ] && [ "$made" != "$2" ]; then
    fail "the network in $NETWORK was made with $1 $made, not $2: take it down first, or leave the setting out"
  fi
  echo "${made:-${2:-$3}}"
}
