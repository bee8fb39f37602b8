package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/musterbook/musterbook/roster"
)

// doctorCommand says what of an installation works, what does not, and what to do.
func doctorCommand(sh shell) *cobra.Command {
	var f doctorFlags
	c := &cobra.Command{
		Use: "doctor", Short: "Say what of this installation works, what is lost, and how to mend it; nobody is called",
		Long: "Say what of this installation works, what does not, what is lost, and how to mend it. Run it before the first\n" +
			"night and after each change, on the machine and as the user of the server. It reads the configuration, asks Twilio\n" +
			"and Slack what the accounts may do, asks the public address, and asks the server and Temporal where they run.\n" +
			"It calls nobody, sends nothing, opens no room and changes no setting.\n\n" +
			"  ok    works\n" +
			"  note  good to know\n" +
			"  warn  something is lost, or could not be asked and may be well\n" +
			"  FAIL  people may not be reached\n\n" +
			"The exit status is 1 when something fails. What cannot be asked is never shown as ok.",
		Example: "  muster doctor\n  muster doctor --config musterbook.yaml --json",
		Args:    words(),
		RunE: func(c *cobra.Command, _ []string) error {
			d := newDoctor(sh, f)
			report := doctorReport{printer: printer{w: sh.stdout, json: f.json}, width: doctorWidth(sh.stdout)}
			for _, check := range doctorChecks() {
				report.add(d.run(c.Context(), check))
			}
			d.hangUp()
			return report.end()
		},
	}
	c.Flags().StringVar(&f.files.config, "config", "", "configuration (default "+configVariable+", else "+defaultConfig+")")
	c.Flags().StringVar(&f.files.books, "runbooks", "", "directory of your own runbooks (default "+booksVariable+")")
	c.Flags().StringVar(&f.data, "data", "", "data directory of the server (default the configuration's)")
	c.Flags().StringVar(&f.listen, "listen", "", "host:port of the gateway here (default the configuration's, else "+defaultListen+")")
	c.Flags().StringVar(&f.address, "address", "", "host:port of Temporal (default TEMPORAL_ADDRESS, else the configuration's, else "+localAddress()+")")
	addJSON(c, &f.json)
	return c
}

// doctorFlags say which installation is looked at.
type doctorFlags struct {
	files                 sources
	data, listen, address string
	json                  bool
}

// doctorChecks lists the checks in the order in which they are made and shown: what others depend on comes first. A new
// check is a function, and one line here. A check changes nothing in the world, and never says ok of what it could not ask.
// Where the file is faulty checkFile says for all of them that nothing could be looked at.
func doctorChecks() []doctorCheck {
	return []doctorCheck{
		{"configuration", (*doctor).checkFile},
		{"configuration", (*doctor).checkSecrets},
		{"people", (*doctor).checkReadiness},
		{"people", (*doctor).checkFallback},
		{"twilio", (*doctor).checkFirstPhone},
		{"twilio", (*doctor).checkSecondPhone},
		{"pager", (*doctor).checkPager},
		{"slack", (*doctor).checkSlack},
		{"slack status", (*doctor).checkStatuses},
		{"email", (*doctor).checkMail},
		{"temporal", (*doctor).checkTemporal},
		{"gateway", (*doctor).checkGateway},
		{"gateway", (*doctor).checkPublicURL},
		{"machine", (*doctor).checkData},
		{"machine", (*doctor).checkDisk},
		{"machine", (*doctor).checkCalendars},
		{"machine", (*doctor).checkClock},
		{"heartbeat", (*doctor).checkHeartbeat},
	}
}

// doctorTime bounds one check, so that one vendor that hangs does not keep the others from being asked.
const doctorTime = 20 * time.Second

// doctorCheck is one thing that is looked at.
type doctorCheck struct {
	group string
	look  func(*doctor, context.Context) []diagnosis
}

// verdict is how well something is.
type verdict string

// The verdicts.
const (
	verdictOK   verdict = "ok"
	verdictNote verdict = "note"
	verdictWarn verdict = "warn"
	verdictFail verdict = "fail"
)

// diagnosis is one finding.
type diagnosis struct {
	Group   string  `json:"group"`
	Verdict verdict `json:"verdict"`
	What    string  `json:"what"`
	Remedy  string  `json:"remedy,omitempty"` // something that one can do; empty where nothing is to be done
}

// well, noted, warned and failed make diagnoses.
func well(format string, args ...any) diagnosis {
	return diagnosis{Verdict: verdictOK, What: fmt.Sprintf(format, args...)}
}

func noted(remedy, format string, args ...any) diagnosis {
	return diagnosis{Verdict: verdictNote, What: fmt.Sprintf(format, args...), Remedy: remedy}
}

func warned(remedy, format string, args ...any) diagnosis {
	return diagnosis{Verdict: verdictWarn, What: fmt.Sprintf(format, args...), Remedy: remedy}
}

func failed(remedy, format string, args ...any) diagnosis {
	return diagnosis{Verdict: verdictFail, What: fmt.Sprintf(format, args...), Remedy: remedy}
}

// doctor is one look at an installation. What one check finds out and others need stands here.
type doctor struct {
	sh    shell
	flags doctorFlags
	path  string // of the configuration
	data  string // the data directory
	web   *http.Client
	local string // host:port where the embedded engine of this machine listens
	now   func() time.Time
	beat  time.Duration // how long a worker has for a sign of life

	config   *roster.Config  // without secrets; nil: it is faulty
	problems roster.Problems // why it is
	clocks   []clockSeen     // of vendors
	temporal temporalSeen
	gateway  gatewaySeen
}

// newDoctor reads the configuration. Nothing is asked yet.
func newDoctor(sh shell, f doctorFlags) *doctor {
	d := &doctor{sh: sh, flags: f, path: serverSources(sh, f.files).config, web: doctorClient(), local: localAddress(), now: time.Now, beat: doctorBeat}
	d.config, d.problems = d.read(nil)
	var named string
	if d.config != nil {
		named = d.config.Data
	} else if content, err := os.ReadFile(d.path); err == nil { // that it cannot be read is among the problems
		named = dataIn(content, sh.getenv)
	}
	d.data = cmp.Or(f.data, named, defaultData)
	return d
}

// read reads the configuration and follows the references of those settings alone that are wanted; nil = of none. So one
// vendor can be asked while another one's secret is missing.
func (d *doctor) read(follow func(what string) bool) (*roster.Config, roster.Problems) {
	from := roster.Outside{ReadFile: os.ReadFile, Follow: follow}
	if follow != nil {
		from.Getenv = d.sh.getenv
	}
	return roster.Load(d.path, from)
}

// run makes one check within its time.
func (d *doctor) run(ctx context.Context, check doctorCheck) []diagnosis {
	ctx, cancel := context.WithTimeout(ctx, doctorTime)
	defer cancel()
	found := check.look(d, ctx)
	for n := range found {
		found[n].Group = check.group
	}
	return found
}

// serve is the command that starts the server on this configuration.
func (d *doctor) serve() string {
	if d.path == defaultConfig {
		return "muster serve"
	}
	return "muster serve --config " + d.path
}

// hangUp ends the connections.
func (d *doctor) hangUp() {
	if d.temporal.client != nil {
		d.temporal.client.Close()
	}
	d.web.CloseIdleConnections()
}

// doctorClient asks web addresses. It follows no redirect: whoever is sent elsewhere has not reached us.
func doctorClient() *http.Client {
	return &http.Client{
		Timeout:       10 * time.Second,
		Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
