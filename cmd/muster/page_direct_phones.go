package main

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	"github.com/musterbook/musterbook/activities"
	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/providers/pager"
	"github.com/musterbook/musterbook/providers/twilio"
	"github.com/musterbook/musterbook/roster"
)

// directPhones are the telephones of a direct page: the telephone company, and behind it the pager.
type directPhones struct {
	company *twilio.Client // nil: there is none, or its secrets are not here
	activities.Phones
}

// openDirectPhones makes those whose secrets are here.
func openDirectPhones(config *roster.Config) (directPhones, error) {
	var p directPhones
	var last *pager.Client
	var problems [2]error
	if usableTwilio(config) {
		silent := "" // Without a public address nothing comes back, and nothing can: the gateway may be down.
		p.company, problems[0] = openTwilio(config.Twilio, silent, config, slog.New(slog.DiscardHandler))
	}
	if usablePager(config) {
		last, problems[1] = openPager(config.Pager, config)
	}
	p.Phones = phoneChain(p.company, nil, last)
	return p, errors.Join(problems[:]...)
}

// usableTwilio says whether the telephone company is configured and its secret is here.
func usableTwilio(c *roster.Config) bool { return c.Twilio != nil && !c.Twilio.AuthToken.IsZero() }

// usablePager says whether the pager is configured and its secrets are here.
func usablePager(c *roster.Config) bool {
	return c.Pager != nil && !c.Pager.URL.IsZero() && !c.Pager.Secret.IsZero()
}

// Earlier asks the telephone company what was placed from another machine. The pager knows a repetition by itself.
func (p directPhones) Earlier(ctx context.Context, s twilio.Sought) (twilio.Earlier, error) {
	if p.company == nil {
		return twilio.Earlier{}, nil
	}
	return p.company.Earlier(ctx, s)
}

// Follow asks what has become of an attempt. The pager is refused: it tells no more than that it has taken it.
func (p directPhones) Follow(ctx context.Context, provider string) (contract.FollowResult, error) {
	if byPager(provider) {
		return contract.FollowResult{}, &contract.Refused{What: "the pager has taken it, and tells no more"}
	}
	return p.Phones.Follow(ctx, provider)
}

// byPager says whether an attempt was taken by the pager, wherever that stands in the chain.
func byPager(provider string) bool {
	_, unmarked, marked := strings.Cut(provider, "/")
	return strings.HasPrefix(provider, pager.IDPrefix) || marked && strings.HasPrefix(unmarked, pager.IDPrefix)
}

// telephoneSecrets are the references that a direct page follows, in order of preference. Whoever calls in an emergency may
// not have all of them.
func telephoneSecrets() [][]string { return [][]string{{"twilio.", "pager."}, {"twilio."}, {"pager."}} }

// following reads a configuration with the references to the telephones' secrets, or to those of one of them.
func following(path string, content []byte, from roster.Outside) (*roster.Config, roster.Problems) {
	var first roster.Problems
	for _, parts := range telephoneSecrets() {
		from.Follow = func(what string) bool {
			for _, part := range parts {
				if strings.HasPrefix(what, part) {
					return true
				}
			}
			return false
		}
		config, problems := roster.Parse(path, content, from)
		if len(problems) == 0 && (usableTwilio(config) || usablePager(config) || !config.Rings()) {
			return config, nil
		}
		if first == nil {
			first = problems
		}
	}
	return nil, first
}
