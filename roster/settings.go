package roster

import (
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// The defaults of the settings.
const (
	defaultListen    = "127.0.0.1:8080"
	defaultMaxBody   = 1 << 20
	defaultNamespace = "default"
	defaultData      = "musterbook-data"
)

// leastToken is how long a bearer token must be, in bytes, so that nobody guesses it.
const leastToken = 16

// The forms of references and of vendors' identifiers.
var (
	reference  = regexp.MustCompile(`^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$`)
	accountSID = regexp.MustCompile(`^AC[0-9a-fA-F]{32}$`)
	bodySize   = regexp.MustCompile(`^([1-9][0-9]{0,6})(KiB|MiB)$`)
)

// settings reads everything about the installation.
func (b *builder) settings() {
	b.config.Data = defaultData
	if b.file.Data.given() {
		b.config.Data = b.expand(b.file.Data, "data")
	}
	if b.file.Records != nil {
		b.config.Records = b.expand(b.file.Records.Dir, "records.dir")
	}
	if t := b.file.Temporal; t != nil {
		b.config.Temporal = Temporal{Address: b.hostPort(t.Address, "temporal.address"), Namespace: b.expand(t.Namespace, "temporal.namespace")}
		if !t.Namespace.given() {
			b.config.Temporal.Namespace = defaultNamespace
		}
	}
	if b.file.Gateway != nil {
		b.gateway(b.file.Gateway)
	}
	if s := b.file.Slack; s != nil {
		b.config.Slack = b.slack(s)
	}
	b.config.Heartbeat = b.hiddenAddress(b.file.Heartbeat, "heartbeat", wantedAddress{
		kind: "address that can be requested", remedy: "write the address that your watcher gives you, https://…, or ${NAME}",
	})
	if e := b.file.Email; e != nil {
		b.config.Email = b.email(e)
	}
	if p := b.file.Pager; p != nil {
		b.config.Pager = b.pager(p)
	}
	if t := b.file.Twilio; t != nil {
		b.config.Twilio = b.twilio(t.fileTwilioAccount, "twilio")
		if t.Second != nil {
			b.config.Twilio.Second = b.twilio(t.Second.fileTwilioAccount, "twilio.second")
		}
	}
}

// gateway reads the door.
func (b *builder) gateway(g *fileGateway) {
	b.config.Gateway = Gateway{
		Listen: defaultListen, PublicURL: b.webAddress(g.PublicURL, "gateway.public_url"), MaxBody: b.size(g.MaxBody),
		Sources: map[string]Secret{},
	}
	if g.Listen.given() {
		b.config.Gateway.Listen = b.hostPort(g.Listen, "gateway.listen")
	}
	if g.Tokens == nil {
		return
	}
	b.config.Gateway.API = b.token(g.Tokens.API, "gateway.tokens.api")
	if g.Tokens.Alertmanager.given() {
		b.config.Gateway.Sources["alertmanager"] = b.token(g.Tokens.Alertmanager, "gateway.tokens.alertmanager")
	}
}

// slack reads the workspace. The two tokens that are mistaken for the bot's are told apart by their prefix.
func (b *builder) slack(s *fileSlack) *Slack {
	token := b.secret(s.Token, "slack.token")
	if strings.HasPrefix(token.Reveal(), "xapp-") || strings.HasPrefix(token.Reveal(), "xoxp-") {
		b.fault(s.Token.at, "take the Bot User OAuth Token (xoxb-…) from OAuth & Permissions", "slack.token is not a bot's token")
	}
	app := b.secret(s.AppToken, "slack.app_token")
	if !app.IsZero() && !strings.HasPrefix(app.Reveal(), "xapp-") {
		b.fault(s.AppToken.at, "take an app-level token (xapp-…) from Basic Information, App-Level Tokens", "slack.app_token is not an app's token")
	}
	if !s.AppToken.given() && !s.SigningSecret.given() {
		b.fault(s.At, "add app_token (no public address is needed), or signing_secret", "slack: buttons and commands have no way back to us")
	}
	return &Slack{
		Token: token, AppToken: app, SigningSecret: b.secret(s.SigningSecret, "slack.signing_secret"),
		Socket: s.AppToken.given(), Web: s.SigningSecret.given(), APIURL: b.webAddress(s.APIURL, "slack.api_url"),
		Announce: s.Announce.named(), ArchiveAfter: s.ArchiveAfter.length,
	}
}

// twilio reads an account of the telephone.
func (b *builder) twilio(t fileTwilioAccount, what string) *Twilio {
	sid, from := b.expand(t.AccountSID, what+".account_sid"), b.expand(t.From, what+".from")
	if sid != "" && !accountSID.MatchString(sid) {
		b.fault(t.AccountSID.at, "AC and 32 hexadecimal digits, from the console's first page", "%s.account_sid is no account SID", what)
	}
	if from != "" {
		b.telephone(text{value: from, at: t.From.at}, what+".from")
	}
	return &Twilio{
		AccountSID: sid, From: from, APIURL: b.webAddress(t.APIURL, what+".api_url"),
		AuthToken:       b.secret(t.AuthToken, what+".auth_token"),
		SecondAuthToken: b.secret(t.SecondAuthToken, what+".second_auth_token"),
	}
}

// token reads a bearer token.
func (b *builder) token(ref secretRef, what string) Secret {
	s := b.secret(ref, what)
	if !s.IsZero() && len(s.Reveal()) < leastToken {
		b.fault(ref.at, "make one with: openssl rand -hex 32", "%s is shorter than %d characters and can be guessed", what, leastToken)
	}
	return s
}

// secret follows a reference to a secret. A secret that stands in the file itself is refused and never shown.
func (b *builder) secret(ref secretRef, what string) Secret {
	if !ref.given() {
		return Secret{}
	}
	if m := reference.FindStringSubmatch(ref.value); m != nil {
		return NewSecret(b.environment(m[1], ref.at, what))
	}
	if path, ok := strings.CutPrefix(ref.value, "file:"); ok {
		return b.secretFile(path, ref.at, what)
	}
	variable := strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(what))
	b.fault(ref.at, fmt.Sprintf("write ${%s} and set that variable, or write file:/run/secrets/%s", variable, strings.ToLower(variable)),
		"%s: a secret does not stand in this file", what)
	return Secret{}
}

// follows says whether the reference of a setting is to be followed.
func (b *builder) follows(what string) bool {
	return b.from.Getenv != nil && (b.from.Follow == nil || b.from.Follow(what))
}

// environment reads a variable; white space around the value is a slip of whoever pasted it.
func (b *builder) environment(variable string, at place, what string) string {
	if !b.follows(what) {
		return ""
	}
	value := strings.TrimSpace(b.from.Getenv(variable))
	if value == "" {
		b.fault(at, "set it before the start", "%s: the environment variable %s is not set", what, variable)
	}
	if strings.ContainsFunc(value, unicode.IsControl) {
		b.fault(at, "one line with the value alone", "%s: the environment variable %s holds a line break or a control character", what, variable)
		return ""
	}
	return value
}

// secretFile reads a secret from a file of its own.
func (b *builder) secretFile(path string, at place, what string) Secret {
	if !filepath.IsAbs(path) {
		b.fault(at, "write the whole path: file:/run/secrets/…", "%s: %s is no absolute path", what, quoted(path))
		return Secret{}
	}
	if !b.follows(what) {
		return Secret{}
	}
	content, err := b.from.ReadFile(path)
	if err != nil {
		b.fault(at, "make the file readable for this user", "%s: cannot read the secret: %v", what, err)
		return Secret{}
	}
	value := strings.TrimSpace(string(content))
	if value == "" || len(value) > 4096 || strings.ContainsFunc(value, unicode.IsControl) {
		b.fault(at, "one line with the secret alone", "%s: %s does not hold a secret", what, quoted(path))
		return Secret{}
	}
	return NewSecret(value)
}

// expand reads a setting that may be ${NAME} as a whole.
func (b *builder) expand(t text, what string) string {
	if m := reference.FindStringSubmatch(t.value); m != nil {
		return b.environment(m[1], t.at, what)
	}
	if strings.Contains(t.value, "${") {
		b.fault(t.at, "a reference is the whole value: ${NAME}", "%s: a reference within a text is not followed", what)
		return ""
	}
	return t.value
}

// hostPort reads an address to listen on or to dial.
func (b *builder) hostPort(t text, what string) string {
	value := b.expand(t, what)
	if value == "" {
		return ""
	}
	_, port, err := net.SplitHostPort(value)
	number, notNumber := strconv.Atoi(port)
	if err != nil || notNumber != nil || number < 0 || number > 65535 {
		b.fault(t.at, "write host:port, for example 127.0.0.1:8080", "%s: %s is no address", what, quoted(value))
	}
	return value
}

// webAddress reads a web address, without a slash at its end.
func (b *builder) webAddress(t text, what string) string {
	value := strings.TrimRight(b.expand(t, what), "/")
	if value == "" {
		return ""
	}
	u, err := url.Parse(value)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		b.fault(t.at, "write https://muster.example.com", "%s: this is no web address", what)
	}
	return value
}

// size reads the largest request.
func (b *builder) size(t text) int64 {
	if !t.given() {
		return defaultMaxBody
	}
	m := bodySize.FindStringSubmatch(t.value)
	if m == nil {
		b.fault(t.at, "write 512KiB or 2MiB", "gateway.max_body: %s is no size", quoted(t.value))
		return defaultMaxBody
	}
	count, err := strconv.ParseInt(m[1], 10, 64)
	bytes := count << 10
	if m[2] == "MiB" {
		bytes = count << 20
	}
	if err != nil || bytes < 16<<10 || bytes > 64<<20 {
		b.fault(t.at, "between 16KiB and 64MiB", "gateway.max_body: %s is out of range", quoted(t.value))
	}
	return bytes
}
