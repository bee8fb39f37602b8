package main

import (
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// versionInfo says what this binary is made of.
type versionInfo struct {
	Version  string `json:"version"` // of the module, "(devel)" for a build from a checkout
	Revision string `json:"revision,omitempty"`
	Modified bool   `json:"modified,omitempty"` // the checkout had changes
	Go       string `json:"go"`
	Platform string `json:"platform"`
	Server   string `json:"temporal_server,omitempty"` // empty: built without the engine
	SDK      string `json:"temporal_sdk,omitempty"`
}

// versionCommand says which version this is.
func versionCommand(sh shell) *cobra.Command {
	var inJSON bool
	c := &cobra.Command{
		Use: "version", Short: "Print the version", Args: words(),
		RunE: func(*cobra.Command, []string) error {
			v, p := readVersion(), printer{w: sh.stdout, json: inJSON}
			p.line("muster %s%s (%s, %s)", v.Version, prefixed(" ", v.Revision), v.Go, v.Platform)
			if v.Server != "" {
				p.line("Temporal server %s, SDK %s", v.Server, v.SDK)
			}
			return p.object(v)
		},
	}
	addJSON(c, &inJSON)
	return c
}

// readVersion reads what the Go toolchain wrote into the binary.
func readVersion() versionInfo {
	v := versionInfo{Version: "(devel)", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if info.Main.Version != "" {
		v.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Revision = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
	for _, d := range info.Deps {
		switch d.Path {
		case "go.temporal.io/server":
			v.Server = d.Version
		case "go.temporal.io/sdk":
			v.SDK = d.Version
		}
	}
	return v
}
