package slack

import (
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/slack-go/slack"

	"github.com/musterbook/musterbook/contract"
)

// Slack's limits of a card's pieces, in characters and pieces
// (https://docs.slack.dev/reference/block-kit/blocks).
const (
	maxHeader    = 150
	maxField     = 2000
	maxFields    = 10 // in a section
	maxWide      = 12 // sections of their own; a message has 50 blocks, of which buttons may take 20
	maxShortRows = 2  // sections of short fields
)

// cardBlocks lays a card out: its title, the short fields side by side, the
// wide ones below one another, the links. Whatever does not fit is counted.
func cardBlocks(card contract.Card) []slack.Block {
	var short []*slack.TextBlockObject
	var wide []slack.Block
	left := 0
	for _, f := range card.Fields {
		switch {
		case f.Wide && len(wide) < maxWide:
			wide = append(wide, slack.NewSectionBlock(exact(fieldText(f, maxSection)), nil, nil))
		case !f.Wide && len(short) < maxShortRows*maxFields:
			short = append(short, exact(fieldText(f, maxField)))
		default:
			left++
		}
	}
	var blocks []slack.Block
	if title := headerText(card.Title); title != "" {
		blocks = append(blocks, slack.NewHeaderBlock(slack.NewTextBlockObject(slack.PlainTextType, title, false, false)))
	}
	for len(short) > 0 {
		n := min(len(short), maxFields)
		blocks = append(blocks, slack.NewSectionBlock(nil, short[:n], nil))
		short = short[n:]
	}
	blocks = append(blocks, wide...)
	if left > 0 {
		blocks = append(blocks, slack.NewContextBlock("", exact(contract.More(left))))
	}
	if links := linksText(card.Links, maxField); links != "" {
		blocks = append(blocks, slack.NewContextBlock("", exact(links)))
	}
	return blocks
}

// exact is markup that Slack reads as it is written: only our own marks of
// links and times count, and no word becomes a link or a mention by itself.
func exact(text string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.MarkdownType, text, false, true)
}

// headerText is a title for a header, which knows no markup.
func headerText(title string) string {
	title = strings.TrimSpace(loud.ReplaceAllString(oneLine(title), "@\u2060$1"))
	if runes := []rune(title); len(runes) > maxHeader {
		return string(runes[:maxHeader-1]) + "…"
	}
	return title
}

// fieldText is a field with its lines, below a number of characters. Lines that
// do not fit are counted, never cut in their middle.
func fieldText(f contract.CardField, limit int) string {
	const mostName = 60
	text := "*" + shorten(bare(f.Name), mostName) + "*"
	size, left := len([]rune(text)), f.Left
	lines := make([]string, 0, len(f.Lines))
	for _, l := range f.Lines {
		lines = append(lines, lineText(l))
	}
	bullet := ""
	if len(lines)+f.Left > 1 {
		bullet = "• "
	}
	const tail = 40 // characters for the count of what is left out
	for n, l := range lines {
		next := "\n" + bullet + l
		if size+len([]rune(next)) > limit-tail {
			left += len(lines) - n
			break
		}
		text, size = text+next, size+len([]rune(next))
	}
	if left > 0 {
		text += "\n" + contract.More(left)
	}
	return text
}

// lineText is one line in Slack's markup. Its length is bounded, so that one
// line always fits into a field.
func lineText(l contract.CardLine) string {
	const most = 1200 // characters of each of the two texts; together they fit into a section
	bounded := l
	bounded.Text, bounded.Word, bounded.Then = shorten(bare(l.Text), most), shorten(bare(l.Word), 40), shorten(bare(l.Then), 500)
	return bounded.Said(dateMark)
}

// bare is a text in one line that cannot mark anything: what Slack would take
// for bold, struck or code is broken by an invisible word joiner.
func bare(text string) string {
	return styles.Replace(escape(oneLine(text)))
}

// styles are the signs by which Slack's markup changes how a text looks.
var styles = strings.NewReplacer("*", "*\u2060", "~", "~\u2060", "`", "'", "_", "_\u2060")

// dateMark is an instant that Slack shows in the reader's own zone
// (https://docs.slack.dev/messaging/formatting-message-text#date-formatting).
func dateMark(at time.Time) string {
	return fmt.Sprintf("<!date^%d^{date_short_pretty}, {time}|%s>", at.Unix(), at.UTC().Format("2006-01-02 15:04 UTC"))
}

// linksText is links in one line. An address that Slack could not take as one
// is left out, and so is what does not fit.
func linksText(links []contract.Link, limit int) string {
	text := ""
	for _, l := range links {
		mark := linkMark(l)
		if mark == "" || len([]rune(text))+len([]rune(mark))+3 > limit {
			continue
		}
		if text != "" {
			text += " · "
		}
		text += mark
	}
	return text
}

// linkMark is a link with its name; empty for what is no address of the web.
func linkMark(l contract.Link) string {
	address := webAddress(l.URL)
	if address == "" {
		return ""
	}
	name := strings.ReplaceAll(bare(l.Name), "|", "/")
	if name == "" {
		name = "link"
	}
	return "<" + strings.NewReplacer("&", "&amp;", "|", "%7C", "<", "%3C", ">", "%3E").Replace(address) + "|" + shorten(name, 75) + ">"
}

// webAddress is an address that a browser opens, as it may stand in a mark;
// empty for every other text.
func webAddress(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	if strings.IndexFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) >= 0 {
		return ""
	}
	return text
}
