# Starts, awaits and stops the network's own processes. A process file holds the id and the start time that the system gave it,
# so that a reused process id is never mistaken for ours.

start_time() { awk '{ sub(/^.*\) /, ""); print $20 }' "/proc/$1/stat" 2> /dev/null; }

is_running() {
  local file=$NETWORK/run/$1 id started
  [ -r "$file" ] || return 1
  read -r id started < "$file"
  [ "$(start_time "$id")" = "$started" ]
}

start_process() { # name, folder, command ...
  local name=$1 folder=$2
  shift 2
  is_running "$name" && return
  mkdir -p "$NETWORK/run" "$NETWORK/logs"
  (cd "$folder" && exec setsid "$@" < /dev/null >> "$NETWORK/logs/$name.log" 2>&1) &
  local id=$!
  echo "$id $(start_time "$id")" > "$NETWORK/run/$name"
}

stop_process() {
  local file=$NETWORK/run/$1 id
  if is_running "$1"; then
    read -r id _ < "$file"
    kill "$id"
    await 15 "$1 to stop" not_running "$1" || kill -9 "$id"
  fi
  rm -f "$file"
}

not_running() { ! is_running "$1"; }

# Repeats a check until it holds; after the limit says what did not happen and where to look.
await() { # seconds, what, command ...
  local limit=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" > /dev/null 2>&1; do
    if [ "$SECONDS" -ge "$limit" ]; then
      echo "error: waited in vain for $what; the logs are in $NETWORK/logs" >&2
      return 1
    fi
    read -r -t 0.2 <> <(:) || true
  done
}

listens() { (exec 3<> "/dev/tcp/127.0.0.1/$1") 2> /dev/null; }
