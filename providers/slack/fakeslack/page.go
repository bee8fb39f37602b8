package fakeslack

import (
	"bytes"
	"html/template"
	"net/http"
	"strings"
)

// pageView is a room as a browser shows it.
type pageView struct {
	Room     Room
	Messages []pageMessage
}

type pageMessage struct {
	Anchor, Author, Time, Text string
	Reply, Edited              bool
	Buttons                    []Button
}

// pageTemplate is a function of nothing, so that no variable of the package can change.
func pageTemplate() *template.Template {
	return template.Must(template.New("room").Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="2">
<title>#{{.Room.Name}} (simulated)</title>
<style>
body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:48rem;padding:0 1rem}
header{border-bottom:1px solid #8886;margin-bottom:1rem}
article{margin:0 0 1rem;white-space:pre-wrap;overflow-wrap:anywhere}article.reply{margin-left:2.5rem}
time,.note{opacity:.65;font-size:.85em}
.button{border:1px solid #8888;border-radius:.4em;padding:.1em .6em;margin-right:.4em}
</style></head><body>
<header><h1>#{{.Room.Name}}</h1><p>{{.Room.Topic}}</p>
<p class="note">A simulated Slack room with {{len .Room.Members}} members. Buttons here are for looking only.</p></header>
{{range .Messages}}<article id="{{.Anchor}}"{{if .Reply}} class="reply"{{end}}><b>{{.Author}}</b> <time>{{.Time}}</time>{{if .Edited}} <span class="note">(edited)</span>{{end}}
{{.Text}}{{if .Buttons}}
{{range .Buttons}}<span class="button">{{.Text}}</span>{{end}}{{end}}</article>
{{else}}<p class="note">Nothing was said yet.</p>
{{end}}</body></html>
`))
}

// servePage shows a room, or answers 404 for one that does not exist.
// Permalinks lead here too; their message is named by the path's second part.
func (s *Server) servePage(w http.ResponseWriter, r *http.Request, path string) {
	id, _, _ := strings.Cut(path, "/")
	shown, ok := s.RoomByID(id)
	if !ok {
		http.NotFound(w, r)
		return
	}
	view := pageView{Room: shown}
	for _, m := range s.Messages(id) {
		view.Messages = append(view.Messages, s.pageMessage(m))
	}
	var page bytes.Buffer
	if err := pageTemplate().Execute(&page, view); err != nil {
		http.Error(w, "room cannot be shown: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = page.WriteTo(w) // a browser that has gone needs no page
}

func (s *Server) pageMessage(m Message) pageMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	author := m.User
	if u := s.user(m.User); u != nil {
		author = u.Name
	}
	shown := strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&", ":red_circle:", "🔴", ":large_green_circle:", "🟢")
	return pageMessage{
		Anchor: "p" + strings.ReplaceAll(m.TS, ".", ""), Author: author, Time: m.At.UTC().Format("15:04:05 UTC"),
		Text: shown.Replace(m.Text), Reply: m.ThreadTS != "", Edited: len(m.Edits) > 0, Buttons: m.Buttons(),
	}
}
