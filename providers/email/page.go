package email

import (
	"bytes"
	"html/template"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"
)

// view is what a page shows.
type view struct {
	Key     string
	About   string // what it is about
	Outcome string // what has become of it
	Hint    string
	Button  bool
}

// page is one screen of a telephone: no scripts, nothing from elsewhere. The form goes to its own address, so that it works
// wherever a proxy has put the gateway.
var page = template.Must(template.New("page").Parse(`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{{.Key}}</title>
<style>
:root { color-scheme: light dark }
body { font: 1.125rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 2rem auto; padding: 0 1rem; overflow-wrap: anywhere }
button { font: inherit; font-weight: 600; width: 100%; padding: 1rem; border: 0; border-radius: .5rem; background: #0b6e4f; color: #fff }
</style>
</head>
<body>
<h1>{{.Key}}</h1>
{{with .About}}<p>{{.}}</p>
{{end}}{{with .Outcome}}<p><strong>{{.}}</strong></p>
{{end}}{{with .Hint}}<p>{{.}}</p>
{{end}}{{if .Button}}<form method="post"><button type="submit">Acknowledge</button></form>
{{end}}</body>
</html>
`))

// guard sets the head of every answer: it is for one reader, is kept nowhere, loads nothing and cannot be framed.
func guard(head http.Header) {
	head.Set("Cache-Control", "no-store")
	head.Set("Content-Security-Policy",
		"default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	head.Set("Referrer-Policy", "no-referrer")
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("X-Robots-Tag", "noindex, nofollow")
}

// write renders a page.
func (h *handler) write(w http.ResponseWriter, status int, v view) {
	var b bytes.Buffer
	if err := page.Execute(&b, v); err != nil {
		h.config.Log.Error("a mail's page was not rendered", "incident", v.Key, "error", err)
		http.Error(w, v.Key+": "+v.Outcome, http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if _, err := w.Write(b.Bytes()); err != nil {
		h.config.Log.Warn("a mail's page was cut off", "incident", v.Key, "error", err)
	}
}

// sentence begins a text with a capital and ends it with a full stop.
func sentence(text string) string {
	text = oneLine(text)
	first, size := utf8.DecodeRuneInString(text)
	if text == "" {
		return ""
	}
	text = string(unicode.ToUpper(first)) + text[size:]
	if !strings.ContainsAny(text[len(text)-1:], ".!?") && !strings.HasSuffix(text, "…") {
		text += "."
	}
	return text
}
