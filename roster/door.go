package roster

// LoadDoor reads of a file how the gateway is reached, and the token of its API. Nothing else is checked and no other
// secret is followed, so that it works where the server's other secrets are not.
func LoadDoor(path string, from Outside) (Gateway, Problems) {
	data, err := from.ReadFile(path)
	if err != nil {
		_, problems := Load(path, from)
		return Gateway{}, problems
	}
	d := &decoder{path: path}
	var f file
	if !d.document(data, &f) || f.Gateway == nil {
		return Gateway{}, d.problems.sorted()
	}
	b := &builder{decoder: &decoder{path: path}, from: from, file: &f, config: &Config{Path: path}}
	door := *f.Gateway
	if door.Tokens != nil {
		door.Tokens = &fileTokens{At: door.Tokens.At, API: door.Tokens.API}
	}
	b.gateway(&door)
	return b.config.Gateway, b.problems.sorted()
}
