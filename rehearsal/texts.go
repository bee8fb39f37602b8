package rehearsal

import (
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/runbooks"
)

// arrivesAfter is how long a message takes to its telephone.
const arrivesAfter = 2 * ringsAfter

// arrive lets a message be sent and arrive, unless the telephone is off. Without the provider's word the level's clock
// would begin half a minute late, as it does when that word is lost.
func (p *play) arrive(text contract.TextRequest, provider string) {
	say := func(after time.Duration, status incident.CallStatus) {
		p.stage.After(after, func() {
			p.stage.CallStatus(contract.CallStatus{Callback: text.Callback, Provider: provider, Status: status})
		})
	}
	say(ringsAfter, incident.CallSent)
	if p.habit(text.Person, arrivesAfter).Does != runbooks.PhoneOff {
		say(arrivesAfter, incident.CallDelivered)
	}
}
