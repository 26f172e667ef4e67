// Doors prints in one table what every kind of server makes of the same requests.
//
//	go run ./fuzz/doors
//
// The tests of each door send the table of protector/internal/refusals through the
// real framework, and log what came of each row. The program runs those tests, module
// by module, and lays the logs side by side. It fails if one of them fails, if a door
// decides otherwise than net/http, or if a door has not been asked what all have to be.
package main

import (
	"fmt"
	"os"
)

// doors are the columns, in this order. The first one is what the others are compared
// with.
var doors = []door{
	{"net/http", "protector/internal/refusals", "TestThroughServeMux"},
	{"chi", "protector/internal/refusals", "TestThroughChi"},
	{"gin", "protector/ginguard", "TestRefusals"},
	{"echo", "protector/echoguard", "TestRefusals"},
	{"fiber", "protector/fiberguard", "TestRefusals"},
	{"grpc", "protector/grpcguard", "TestRefusals/unary"},
	{"stream", "protector/grpcguard", "TestRefusals/(server|client|bidirectional)"},
	{"connect", "protector/connectguard", "TestRefusals"},
	{"mcp", "protector/mcpguard", "TestTable"},
}

// required are the rows that every door has to be asked.
var required = []string{
	"granted", "no token", "no JWT", "scheme alone", "expired", "wrong audience", "short scope", "outage",
	"proved", "no proof", "bound, sent as bearer",
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "doors:", err)
		os.Exit(1)
	}
}

func run() error {
	all, err := askAll(doors)
	if err != nil {
		return err
	}
	table := lay(doors, all)
	fmt.Print(table)
	return table.faults(required)
}
