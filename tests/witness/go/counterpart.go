package main

import (
	"fmt"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

// What the benchmark measures the Rust shim against; bench/chaincode_under_bench.rs has the same functions.
//
//	put key value              modify key prefix
//	get key                    modify_all prefix key…
//
// Writes leave in batches and many keys are read in one request, the least work that this shim offers.
type counterpart struct{}

func (counterpart) Init(shim.ChaincodeStubInterface) *peer.Response {
	return shim.Success(nil)
}

func (counterpart) Invoke(stub shim.ChaincodeStubInterface) *peer.Response {
	arguments := stub.GetArgs()
	if len(arguments) < 2 {
		return shim.Error("COUNTERPART: too few arguments")
	}
	reply, err := call(stub, string(arguments[0]), arguments[1:])
	if err != nil {
		return shim.Error(fmt.Sprintf("COUNTERPART: %v", err))
	}
	return shim.Success(reply)
}

func call(stub shim.ChaincodeStubInterface, name string, arguments [][]byte) ([]byte, error) {
	switch name {
	case "get":
		return stub.GetState(string(arguments[0]))
	case "put":
		if len(arguments) < 2 {
			return nil, fmt.Errorf("put takes a key and a value")
		}
		stub.StartWriteBatch()
		if err := stub.PutState(string(arguments[0]), arguments[1]); err != nil {
			return nil, err
		}
		return nil, stub.FinishWriteBatch()
	case "modify":
		if len(arguments) < 2 {
			return nil, fmt.Errorf("modify takes a key and a prefix")
		}
		return nil, modify(stub, string(arguments[0]), arguments[1])
	case "modify_all":
		return nil, modifyAll(stub, arguments[0], arguments[1:])
	}
	return nil, fmt.Errorf("no function %q", name)
}

func modify(stub shim.ChaincodeStubInterface, key string, prefix []byte) error {
	value, err := stub.GetState(key)
	if err != nil {
		return err
	}
	copy(value, prefix)
	stub.StartWriteBatch()
	if err := stub.PutState(key, value); err != nil {
		return err
	}
	return stub.FinishWriteBatch()
}

func modifyAll(stub shim.ChaincodeStubInterface, prefix []byte, arguments [][]byte) error {
	keys := make([]string, len(arguments))
	for index, argument := range arguments {
		keys[index] = string(argument)
	}
	values, err := stub.GetMultipleStates(keys...)
	if err != nil {
		return err
	}
	stub.StartWriteBatch()
	for index, key := range keys {
		copy(values[index], prefix)
		if err := stub.PutState(key, values[index]); err != nil {
			return err
		}
	}
	return stub.FinishWriteBatch()
}
