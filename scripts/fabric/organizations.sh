# The network's description: everything else is made from these lines.
# name | MSP id | domain
organizations() {
  cat <<'ROWS'
grid|GridMSP|grid.der.example
regulator|RegulatorMSP|regulator.der.example
energy|EnergyMSP|energy.der.example
microgrid|MicrogridMSP|microgrid.der.example
ROWS
}

CHANNEL=${DER_CHANNEL:-energy}
CHAINCODE=${DER_CHAINCODE:-market}
BASE_PORT=${DER_BASE_PORT:-17050}

organization_index() { organizations | awk -F'|' -v name="$1" '$1 == name { print NR }'; }
organization_domain() { organizations | awk -F'|' -v name="$1" '$1 == name { print $3 }'; }
organization_msp() { organizations | awk -F'|' -v name="$1" '$1 == name { print $2 }'; }
organization_names() { organizations | cut -d'|' -f1; }
# The organisations that run an ordering node: all for BFT, the first three for Raft.
orderer_names() { if [ "$CONSENSUS" = raft ]; then organization_names | head -3; else organization_names; fi; }

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

organization_folder() { echo "$NETWORK/crypto/peerOrganizations/$(organization_domain "$1")"; }
peer_folder() { echo "$(organization_folder "$1")/peers/peer0.$(organization_domain "$1")"; }
orderer_folder() { echo "$(organization_folder "$1")/orderers/orderer0.$(organization_domain "$1")"; }
admin_folder() { echo "$(organization_folder "$1")/users/Admin@$(organization_domain "$1")"; }
service_tls_folder() { dirname "$(find "$(organization_folder "$1")/chaincode" -name server.crt | head -1)"; }
tls_root() { echo "$(peer_folder "$1")/tls/ca.crt"; }
