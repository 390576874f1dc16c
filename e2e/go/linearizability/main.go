// Checks that what clients were told about topics and their configs is linearizable: reads one operation a line, as JSON,
// from standard input. Exit code 0: it is; 1: it is not, and the topics are named; 2: the history is none, or too long to tell.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"time"

	"github.com/anishathalye/porcupine"
)

const patience = 60 * time.Second

// operation is one call of a client. Times are in nanoseconds of one clock.
type operation struct {
	Client int    `json:"client"`
	Topic  string `json:"topic"`
	// create: the topic, with Value as its config; delete: the topic; set: the config; get: reads the config.
	Op    string `json:"op"`
	Value string `json:"value"`
	// ok; exists; missing; unknown: no answer, it may happen at any time from the call on, or never.
	Outcome string `json:"outcome"`
	Call    int64  `json:"call"`
	Return  int64  `json:"return"`
}

// missing is the state of a topic that is not there; any other is its config.
const missing = ""

// next lists the states in which a topic may be after a call, none if the answer cannot be. Clients, and brokers on their
// way to the controller, try again: who is told that a topic exists already may have created it with the call before.
func next(state string, call operation) []any {
	isThere := state != missing
	switch call.Op + " " + call.Outcome {
	case "create ok":
		return when(!isThere, call.Value)
	case "create exists":
		if isThere {
			return []any{state}
		}
		return []any{call.Value}
	case "create unknown":
		if isThere {
			return []any{state}
		}
		return []any{state, call.Value}
	case "delete ok":
		return when(isThere, missing)
	case "delete missing":
		return []any{missing}
	case "delete unknown":
		return []any{state, missing}
	case "set ok":
		return when(isThere, call.Value)
	case "set missing":
		return when(!isThere, missing)
	case "set unknown":
		if isThere {
			return []any{state, call.Value}
		}
		return []any{state}
	case "get ok":
		return when(isThere && state == call.Value, state)
	case "get missing":
		return when(!isThere, missing)
	case "get unknown":
		return []any{state}
	}
	return nil
}

func when(holds bool, state string) []any {
	if holds {
		return []any{state}
	}
	return nil
}

func model() porcupine.Model {
	nondeterministic := porcupine.NondeterministicModel{
		Init:  func() []any { return []any{missing} },
		Step:  func(state, input, _ any) []any { return next(state.(string), input.(operation)) },
		Equal: func(left, right any) bool { return left == right },
	}
	return nondeterministic.ToModel()
}

// read returns the operations of each topic: what is done to one does not touch another.
func read() (map[string][]porcupine.Operation, error) {
	topics := map[string][]porcupine.Operation{}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var each operation
		if err := json.Unmarshal(lines.Bytes(), &each); err != nil {
			return nil, err
		}
		end := each.Return
		if each.Outcome == "unknown" {
			end = math.MaxInt64
		}
		topics[each.Topic] = append(topics[each.Topic], porcupine.Operation{
			ClientId: each.Client, Input: each, Call: each.Call, Return: end,
		})
	}
	return topics, lines.Err()
}

func main() {
	topics, err := read()
	if err != nil {
		fmt.Fprintln(os.Stderr, "no history:", err)
		os.Exit(2)
	}
	code, count := 0, 0
	for name, operations := range topics {
		count += len(operations)
		switch porcupine.CheckOperationsTimeout(model(), operations, patience) {
		case porcupine.Illegal:
			fmt.Printf("%s: not linearizable, %d operations\n", name, len(operations))
			code = 1
		case porcupine.Unknown:
			fmt.Printf("%s: not decided within %v, %d operations\n", name, patience, len(operations))
			code = max(code, 2)
		}
	}
	fmt.Printf("%d operations on %d topics\n", count, len(topics))
	os.Exit(code)
}
