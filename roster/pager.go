package roster

// Pager is a web service that calls and texts people.
type Pager struct {
	URL    Secret // whoever knows it can call people
	Secret Secret // signs what is sent there
}

// filePager is the web service.
type filePager struct {
	At     place     `json:"-"`
	URL    text      `json:"url" jsonschema_description:"Where calls and messages are posted: https://…, ${NAME} or file:/run/secrets/…."`
	Secret secretRef `json:"secret" jsonschema_description:"Signs each request. Make one with: openssl rand -hex 32."`
}

// pager reads the web service.
func (b *builder) pager(p *filePager) *Pager {
	return &Pager{
		URL: b.hiddenAddress(p.URL, "pager.url", wantedAddress{
			kind: "address that pages can be posted to", remedy: "write https://pager.example.com/hook, or ${NAME} where the address is a secret",
		}),
		Secret: b.token(p.Secret, "pager.secret"),
	}
}
