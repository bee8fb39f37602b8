//go:build !noengine

package main

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/musterbook/musterbook/oncall"
)

// request asks the gateway for something: request METHOD STATUS PATH [TOKEN]. The answer is written to the file answer.
func request(ts *testscript.TestScript, _ bool, args []string) {
	req, err := http.NewRequest(args[0], ts.Getenv("GATEWAY")+args[2], nil)
	ts.Check(err)
	if len(args) > 3 {
		req.Header.Set("Authorization", "Bearer "+args[3])
	}
	answered(ts, req, args[1])
}

// takeBack takes back over HTTP every override of the JSON that was printed last: takeback TOKEN.
func takeBack(ts *testscript.TestScript, _ bool, args []string) {
	var all []oncall.Override
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &all))
	for _, o := range all {
		request(ts, false, []string{http.MethodDelete, "200", "/v1/overrides/" + o.ID, args[0]})
	}
}

// watched waits until the watcher outside has heard of us.
func watched(ts *testscript.TestScript, _ bool, _ []string) {
	told := ts.Value(outsideKey{}).(outside).told
	for end := time.Now().Add(20 * time.Second); told.Load() == 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			ts.Fatalf("no heartbeat was sent")
		}
	}
}
