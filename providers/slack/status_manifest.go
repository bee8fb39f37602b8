package slack

// PersonalManifest is the app by which one person connects their own status.
// It is no part of the app of the incidents: Slack shows a person's token to
// whoever installs an app, so everybody makes one of their own, and none of
// them can do anything else.
type PersonalManifest struct {
	Display struct {
		Name        string `json:"name" yaml:"name"`
		Description string `json:"description" yaml:"description"`
	} `json:"display_information" yaml:"display_information"`
	OAuth struct {
		Scopes struct {
			User []string `json:"user" yaml:"user"`
		} `json:"scopes" yaml:"scopes"`
	} `json:"oauth_config" yaml:"oauth_config"`
	Settings struct {
		OrgDeploy     bool `json:"org_deploy_enabled" yaml:"org_deploy_enabled"`
		SocketMode    bool `json:"socket_mode_enabled" yaml:"socket_mode_enabled"`
		TokenRotation bool `json:"token_rotation_enabled" yaml:"token_rotation_enabled"`
	} `json:"settings" yaml:"settings"`
}

// StatusManifest is that app.
func StatusManifest() (m PersonalManifest) {
	m.Display.Name, m.Display.Description = "Musterbook status", "Shows in my own status which incident I command"
	m.OAuth.Scopes.User = PersonalScopes()
	return m
}
