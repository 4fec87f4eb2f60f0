package main

import (
	"fmt"
	"strconv"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

// Its functions, and the arguments of each:
//
//	put key value      append key value    fill rows
//	get key            count start end     event name payload
type witness struct{}

type function struct {
	arguments int
	run       func(stub shim.ChaincodeStubInterface, arguments []string) ([]byte, error)
}

var functions = map[string]function{
	"put":    {2, put},
	"get":    {1, get},
	"append": {2, appendTo},
	"fill":   {1, fill},
	"count":  {2, count},
	"event":  {2, event},
}

func (witness) Init(shim.ChaincodeStubInterface) *peer.Response {
	return shim.Success(nil)
}

func (witness) Invoke(stub shim.ChaincodeStubInterface) *peer.Response {
	name, arguments := stub.GetFunctionAndParameters()
	called, known := functions[name]
	if !known {
		return shim.Error(fmt.Sprintf("WITNESS: no function %q", name))
	}
	if len(arguments) != called.arguments {
		return shim.Error(fmt.Sprintf("WITNESS: %s takes %d arguments, not %d", name, called.arguments, len(arguments)))
	}
	reply, err := called.run(stub, arguments)
	if err != nil {
		return shim.Error(fmt.Sprintf("WITNESS: %s: %v", name, err))
	}
	return shim.Success(reply)
}

func put(stub shim.ChaincodeStubInterface, arguments []string) ([]byte, error) {
	return nil, stub.PutState(arguments[0], []byte(arguments[1]))
}

func get(stub shim.ChaincodeStubInterface, arguments []string) ([]byte, error) {
	return stub.GetState(arguments[0])
}

func appendTo(stub shim.ChaincodeStubInterface, arguments []string) ([]byte, error) {
	before, err := stub.GetState(arguments[0])
	if err != nil {
		return nil, err
	}
	after := string(before) + arguments[1]
	return []byte(after), stub.PutState(arguments[0], []byte(after))
}

// All rows leave in write batches, if the peer takes them.
func fill(stub shim.ChaincodeStubInterface, arguments []string) ([]byte, error) {
	rows, err := strconv.Atoi(arguments[0])
	if err != nil {
		return nil, err
	}
	stub.StartWriteBatch()
	for row := 0; row < rows; row++ {
		if err := stub.PutState(fmt.Sprintf("row%05d", row), []byte{'x'}); err != nil {
			return nil, err
		}
	}
	return nil, stub.FinishWriteBatch()
}

func count(stub shim.ChaincodeStubInterface, arguments []string) ([]byte, error) {
	rows, err := stub.GetStateByRange(arguments[0], arguments[1])
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	counted := 0
	for rows.HasNext() {
		if _, err := rows.Next(); err != nil {
			return nil, err
		}
		counted++
	}
	return []byte(strconv.Itoa(counted)), nil
}

func event(stub shim.ChaincodeStubInterface, arguments []string) ([]byte, error) {
	return nil, stub.SetEvent(arguments[0], []byte(arguments[1]))
}
