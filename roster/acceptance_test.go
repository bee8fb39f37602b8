package roster_test

import (
	"testing"

	"github.com/musterbook/musterbook/activities"
	"github.com/musterbook/musterbook/activities/activitiestest"
	"github.com/musterbook/musterbook/oncall"
)

const acceptanceBook = `people:
  ana: {name: Ana Ruiz, email: ana@example.com, phone: "+4915100000001"}
  ben: {name: Ben Okoye, email: ben@example.com, phone: "+4915100000002"}
  dan: {name: Dan Weber, email: dan@example.com, contact: {high: [{via: slack}]}}
teams:
  payments: {members: [ben, ana]}
  office: {members: [dan]}
schedules:
  boss: {person: ben}
  sre: {zone: UTC, rotation: {members: [ana, ben], start: 2026-07-06, at: "09:00"}}
policies:
  shop: {levels: [{targets: [boss, payments]}, {targets: [dan]}]}
services: {checkout: {owner: payments}}
default: {service: checkout, runbook: service-outage}
fallback: [ben, ana]
gateway: {tokens: {api: "${API_TOKEN}"}}
slack: {token: "${SLACK_TOKEN}", signing_secret: "${SLACK_SECRET}"}
twilio: {account_sid: "${TWILIO_SID}", auth_token: "${TWILIO_TOKEN}", from: "+12025550100"}
`

func TestAcceptance(t *testing.T) {
	t.Parallel()
	activitiestest.People(t, func(t *testing.T, _ oncall.Book) activities.People {
		var f changing
		f.set([]byte(acceptanceBook))
		return f.open(t)
	})
}
