package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// demoAlert is what the demo's Alertmanager sends: version 4 of its webhook
// (https://prometheus.io/docs/alerting/latest/configuration/#webhook_config), one group with two alerts.
func demoAlert(now time.Time) ([]byte, error) {
	group := map[string]string{"alertname": "HighErrorRate", "service": demoService}
	alert := func(instance, fingerprint string) map[string]any {
		return map[string]any{
			"status": "firing",
			"labels": map[string]string{
				"alertname": "HighErrorRate", "service": demoService, "severity": "critical", "instance": instance,
			},
			"annotations": map[string]string{
				"summary":     demoTitle,
				"description": "More than one of twenty requests to " + instance + " has failed for two minutes.",
			},
			"startsAt":     now.Add(-2 * time.Minute).UTC().Format(time.RFC3339Nano),
			"endsAt":       "0001-01-01T00:00:00Z", // Alertmanager's word for "not yet"
			"generatorURL": "https://prometheus.example/graph?g0.expr=error_ratio",
			"fingerprint":  fingerprint,
		}
	}
	body, err := json.Marshal(map[string]any{
		"version": "4", "groupKey": `{}:{alertname="HighErrorRate", service="` + demoService + `"}`, "truncatedAlerts": 0,
		"status": "firing", "receiver": "musterbook", "externalURL": "https://alertmanager.example",
		"groupLabels":       group,
		"commonLabels":      map[string]string{"alertname": "HighErrorRate", "service": demoService, "severity": "critical"},
		"commonAnnotations": map[string]string{"summary": demoTitle},
		"alerts":            []any{alert("payments-1", "8f3a61c0d2b94e57"), alert("payments-2", "1c07be95a4f6d382")},
	})
	if err != nil {
		return nil, fmt.Errorf("write the demo's alert: %w", err)
	}
	return body, nil
}

// postDemoAlert sends the alert to the gateway's real endpoint, as Alertmanager would, and gives the workflow of the
// incident that it began.
func postDemoAlert(ctx context.Context, gateway, token string) (workflowID string, err error) {
	body, err := demoAlert(time.Now())
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, gateway+"/v1/alerts/alertmanager", bytes.NewReader(body))
	if err != nil {
		return "", fmt.Errorf("post the demo's alert: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "Alertmanager/demo")
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", fmt.Errorf("post the demo's alert: %w", err)
	}
	defer func() { err = errors.Join(err, res.Body.Close()) }()
	answer, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return "", fmt.Errorf("post the demo's alert: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		return "", fmt.Errorf("post the demo's alert: the gateway answered %s: %s", res.Status, bytes.TrimSpace(answer))
	}
	var taken struct {
		Incidents []struct {
			WorkflowID string `json:"workflow_id"`
		} `json:"incidents"`
	}
	if err := json.Unmarshal(answer, &taken); err != nil || len(taken.Incidents) != 1 {
		return "", fmt.Errorf("post the demo's alert: the gateway answered %s, which names no single incident", bytes.TrimSpace(answer))
	}
	return taken.Incidents[0].WorkflowID, nil
}
