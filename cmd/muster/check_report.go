package main

import "fmt"

// The formats of `muster check`.
const (
	formatText  = "text"
	formatJSON  = "json"
	formatSARIF = "sarif"
)

// checkReport shows what a check found.
type checkReport struct {
	printer printer
	format  string
	strict  bool // warnings are mistakes too
}

// reportIn is a report in the format that the flags ask for.
func reportIn(sh shell, format string, inJSON bool) (checkReport, error) {
	switch {
	case format == "" && inJSON:
		format = formatJSON
	case format == "":
		format = formatText
	case format != formatText && format != formatJSON && format != formatSARIF:
		return checkReport{}, misused("--format text, json or sarif", "there is no format %q", format)
	case inJSON && format != formatJSON:
		return checkReport{}, misused("--format "+format, "--json contradicts --format %s", format)
	}
	return checkReport{printer: printer{w: sh.stdout, json: format != formatText}, format: format}, nil
}

// tell shows everything that was found; mistakes are a failure.
func (r checkReport) tell(files []string, findings []finding) error {
	mistakes, warnings := 0, 0
	for _, f := range findings {
		if f.Warning {
			warnings++
		} else {
			mistakes++
		}
		r.printer.line("%s", f.text)
	}
	if findings == nil {
		findings = []finding{}
	}
	var out any = findings
	if r.format == formatSARIF {
		out = asSARIF(readVersion().Version, findings)
	}
	if err := r.printer.object(out); err != nil {
		return err
	}
	in := counted(len(files), "file")
	switch {
	case mistakes > 0:
		return fmt.Errorf("%s in %s", counted(mistakes, "mistake"), in)
	case warnings > 0 && r.strict:
		return fmt.Errorf("%s in %s", counted(warnings, "warning"), in)
	case warnings > 0:
		r.printer.line("%s: no mistakes, %s", in, counted(warnings, "warning"))
	default:
		r.printer.line("%s: no mistakes", in)
	}
	return nil
}
