# Starts, awaits and stops the network's own processes. A process file holds the id and the start time that the system gave it,
# so that a reused process id is never mistaken for ours.

start_time() { awk '{ sub(/^.*\) /, ""); print $20 }' "/proc/$1/stat" 2> /dev/null; }

is_running() {
  local file=$NETWORK/run/$1 id started
  [ -s "$file" ] || return 1
  read -r id started < "$file"
  [ "$(start_time "$id")" = "$started" ]
}

# The process writes its own file before it becomes the program: if the script is killed here, nothing runs unnoticed.
start_process() { # name, folder, command ...
  local name=$1 folder=$2
  shift 2
  is_running "$name" && return
  rm -f "$NETWORK/run/$name"
  (
    cd "$folder"
    exec 9>&-
    id=$BASHPID
    echo "$id $(start_time "$id")" | write_whole "$NETWORK/run/$name"
    exec setsid "$@" < /dev/null >> "$NETWORK/logs/$name.log" 2>&1
  ) &
}

each_process() { local kind; for kind in orderer peer service; do ls "$NETWORK/run" 2> /dev/null | grep "^$kind-" | grep -v '\.new$' || true; done; }

# Asks each to end, then waits for each; whoever does not end in time is killed.
stop_processes() { # names ...
  local name id
  for name in "$@"; do
    if is_running "$name"; then
      read -r id _ < "$NETWORK/run/$name"
      # A stopped process hears the request only when it goes on.
      kill "$id" && kill -CONT "$id" || true
    fi
  done
  for name in "$@"; do
    if is_running "$name"; then
      read -r id _ < "$NETWORK/run/$name"
      await 15 "$name to stop" not_running "$name" 2> /dev/null || kill -9 "$id" || true
    fi
    rm -f "$NETWORK/run/$name"
    step "stopped            $name"
  done
}

not_running() { ! is_running "$1"; }

print_processes() {
  local name code=0
  for name in $(each_process); do
    if is_running "$name"; then echo "$name: runs"; else echo "$name: STOPPED; see $NETWORK/logs/$name.log" && code=1; fi
  done
  return "$code"
}

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

# As await, for a port; a process that has ended is not waited for.
await_listening() { # process, port
  local limit=$((SECONDS + 30))
  until listens "$2"; do
    if [ -s "$NETWORK/run/$1" ] && not_running "$1"; then
      fail "$1 ended at once: $(tail -n 1 "$NETWORK/logs/$1.log"); the whole log is $NETWORK/logs/$1.log"
    fi
    [ "$SECONDS" -lt "$limit" ] || fail "$1 does not listen on port $2; see $NETWORK/logs/$1.log"
    read -r -t 0.1 <> <(:) || true
  done
}

listens() { (exec 3<> "/dev/tcp/127.0.0.1/$1") 2> /dev/null; }
