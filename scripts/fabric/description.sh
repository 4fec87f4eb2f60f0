# The network's description: one organisations file, read by fabric-cryptogen. Names, hosts and ports follow from its rows.

# Reads the rows: name, MSP id, domain, peer, orderer, chaincode, hosts; "-" where there is none.
read_organizations() { # file
  local table
  table=$("$DER_BIN/fabric-cryptogen" organisations --organisations "$1" 2>&1) || fail "$(one_line "${table#fabric-cryptogen: }")"
  ROWS=$(tail -n +2 <<< "$table")
}

# Reads the channel and checks that it is balanced.
read_channel() { # file, consensus
  local table
  table=$("$DER_BIN/fabric-cryptogen" channel --organisations "$1" ${2:+--consensus "$2"} 2>&1) || fail "$(one_line "${table#fabric-cryptogen: }")"
  read -r CHANNEL CHAINCODE CONSENSUS ENDORSEMENT <<< "$(tail -n +2 <<< "$table")"
}

# TOML's errors point into the file over several lines.
one_line() { tr -s '\n ' ' ' <<< "$1"; }

# Every node is dialled by 127.0.0.1: without that name in its certificate each connection would fail much later, and unexplained.
require_loopback_hosts() {
  local name
  for name in $(organization_names); do
    case ",$(column "$name" 7)," in
      *,127.0.0.1,*) ;;
      *) fail "the certificates of $name would not bear 127.0.0.1: add hosts = [\"localhost\", \"127.0.0.1\"] to its organisation" ;;
    esac
  done
}

column() { awk -v name="$1" -v column="$2" '$1 == name { print $column }' <<< "$ROWS"; }
names_with() { awk -v column="$1" '$column != "-" { print $1 }' <<< "$ROWS"; }

organization_names() { names_with 1; }
peer_names() { names_with 4; }
service_names() { awk '$4 != "-" && $6 != "-" { print $1 }' <<< "$ROWS"; }
# All organisations with an orderer for BFT, the first three of them for Raft.
orderer_names() { if [ "$CONSENSUS" = raft ]; then names_with 5 | head -3; else names_with 5; fi; }

organization_index() { awk -v name="$1" '$1 == name { print NR }' <<< "$ROWS"; }
organization_msp() { column "$1" 2; }
peer_host() { column "$1" 4; }
orderer_host() { column "$1" 5; }

# A port of an organisation, by what listens on it.
port() {
  local offset
  case $2 in
    peer) offset=1 ;; peer-chaincode) offset=2 ;; peer-operations) offset=3 ;;
    orderer) offset=4 ;; orderer-operations) offset=5 ;; orderer-admin) offset=6 ;;
    service) offset=7 ;;
    *) fail "no port is named $2" ;;
  esac
  echo $((BASE_PORT + 10 * $(organization_index "$1") + offset))
}

organization_folder() { echo "$NETWORK/crypto/peerOrganizations/$(column "$1" 3)"; }
peer_folder() { echo "$(organization_folder "$1")/peers/$(column "$1" 4)"; }
orderer_folder() { echo "$(organization_folder "$1")/orderers/$(column "$1" 5)"; }
service_tls_folder() { echo "$(organization_folder "$1")/chaincode/$(column "$1" 6)/tls"; }
admin_folder() { echo "$(organization_folder "$1")/users/Admin@$(column "$1" 3)"; }
signing_certificate() { find "$1/msp/signcerts" -name '*.pem' | head -1; }
# One authority issues an organisation's TLS certificates, so that any of its nodes' copies will do.
tls_root() { find "$(organization_folder "$1")/msp/tlscacerts" -name '*.pem' | head -1; }

# The first block and the nodes' ledgers hold organisations, hosts and ports: they cannot follow another description.
layout() { printf '%s\n' "$ROWS" "$CHANNEL $CHAINCODE ${CONSENSUS:-} ${ENDORSEMENT:-}"; }
refuse_another_layout() {
  [ ! -f "$NETWORK/layout" ] || [ "$(layout)" = "$(cat "$NETWORK/layout")" ] \
    || fail "$NETWORK was made from another description: take down what runs in it first, or name that description by DER_ORGANISATIONS"
}
