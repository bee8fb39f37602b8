package main

import (
	"net/url"
	"path/filepath"
	"strings"

	"github.com/musterbook/musterbook/runbooks"
)

// The log of SARIF 2.1.0, as far as `muster check` fills it: the form in which code hosts show findings beside the
// lines that they speak of (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html).
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool     `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version,omitempty"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID      string       `json:"id"`
		Short   sarifText    `json:"shortDescription"`
		Full    sarifText    `json:"fullDescription"`
		Help    sarifText    `json:"help"`
		Default sarifDefault `json:"defaultConfiguration"`
	}
	sarifDefault struct {
		Level string `json:"level"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID    string          `json:"ruleId"`
		RuleIndex int             `json:"ruleIndex"`
		Level     string          `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations"`
	}
	sarifLocation struct {
		Physical sarifPhysical `json:"physicalLocation"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"` // nil: the file as a whole
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn,omitempty"`
	}
)

// The constants of the format.
const (
	sarifVersion = "2.1.0"
	sarifSchema  = "https://json.schemastore.org/sarif-2.1.0.json"
	sarifError   = "error"
	sarifWarning = "warning"
)

// configurationRule stands for every mistake of a configuration: they have no codes of their own.
var configurationRule = runbooks.Rule{
	Code: "configuration", Title: "mistake in the configuration", About: "The configuration cannot be used as it stands.",
	Remedy: "Do what the message says.",
}

// asSARIF is the findings as a log.
func asSARIF(version string, findings []finding) sarifLog {
	run := sarifRun{
		Tool:       sarifTool{Driver: sarifDriver{Name: "muster", Version: version, Rules: []sarifRule{}}},
		ColumnKind: "unicodeCodePoints", Results: []sarifResult{},
	}
	index := map[string]int{}
	for i, rule := range append(runbooks.Rules(), configurationRule) {
		index[string(rule.Code)] = i
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{
			ID: string(rule.Code), Short: sarifText{rule.Title}, Full: sarifText{rule.About}, Help: sarifText{rule.Remedy},
			Default: sarifDefault{sarifLevel(rule.Warning)},
		})
	}
	for _, f := range findings {
		rule, known := index[f.Code]
		if !known {
			rule = index[string(configurationRule.Code)]
		}
		run.Results = append(run.Results, sarifResult{
			RuleID: run.Tool.Driver.Rules[rule].ID, RuleIndex: rule, Level: sarifLevel(f.Warning),
			Message: sarifText{f.sentence()}, Locations: []sarifLocation{{sarifPhysical{sarifArtifact{fileURI(f.File)}, f.region()}}},
		})
	}
	return sarifLog{Schema: sarifSchema, Version: sarifVersion, Runs: []sarifRun{run}}
}

func sarifLevel(warning bool) string {
	if warning {
		return sarifWarning
	}
	return sarifError
}

// sentence is the message with its hint.
func (f finding) sentence() string {
	if f.Hint == "" {
		return f.Message
	}
	return f.Message + " (" + f.Hint + ")"
}

func (f finding) region() *sarifRegion {
	if f.Line == 0 {
		return nil
	}
	return &sarifRegion{StartLine: f.Line, StartColumn: f.Column}
}

// fileURI spells a path as SARIF wants it: relative ones stay relative, for the reader resolves them where it runs.
func fileURI(path string) string {
	uri := url.URL{Path: filepath.ToSlash(path)}
	if filepath.IsAbs(path) {
		uri.Scheme = "file"
		if !strings.HasPrefix(uri.Path, "/") { // a drive
			uri.Path = "/" + uri.Path
		}
	}
	return uri.String()
}
