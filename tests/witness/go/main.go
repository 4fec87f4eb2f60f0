// A chaincode as a service on Hyperledger's own Go shim: a witness of whatever peer dials it, or the counterpart that the
// benchmark measures against.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
)

func main() {
	address := flag.String("address", "", "host:port to listen at")
	packageID := flag.String("package-id", "", "the package id to register with")
	certificate := flag.String("certificate", "", "PEM file of the service's TLS certificate")
	key := flag.String("key", "", "PEM file of its key")
	clientRoots := flag.String("client-roots", "", "PEM file of the authorities whose peers may connect")
	measured := flag.Bool("counterpart", false, "serve the benchmark's counterpart instead of the witness")
	flag.Parse()

	var chaincode shim.Chaincode = witness{}
	if *measured {
		chaincode = counterpart{}
	}
	tls, err := mutualTLS(*certificate, *key, *clientRoots)
	if err != nil {
		log.Fatalf("TLS: %v", err)
	}
	go endWithParent()
	server := shim.ChaincodeServer{CCID: *packageID, Address: *address, CC: chaincode, TLSProps: tls}
	log.Fatalf("the service ended: %v", server.Start())
}

func mutualTLS(certificate, key, clientRoots string) (shim.TLSProperties, error) {
	var contents [3][]byte
	for index, path := range []string{certificate, key, clientRoots} {
		content, err := os.ReadFile(path)
		if err != nil {
			return shim.TLSProperties{}, err
		}
		if len(content) == 0 {
			return shim.TLSProperties{}, fmt.Errorf("%s is empty", path)
		}
		contents[index] = content
	}
	return shim.TLSProperties{Cert: contents[0], Key: contents[1], ClientCACerts: contents[2]}, nil
}

// Whoever started the service holds the other end of its standard input.
func endWithParent() {
	_, _ = io.Copy(io.Discard, os.Stdin)
	os.Exit(0)
}
