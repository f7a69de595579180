package report

// Users says which user met which node.
type Users struct {
	// Users had at least one response that said something of its node or session.
	Users int64 `json:"users"`
	// Rows are the first 200 of them that had, by number; in other tools' recordings, by their thread.
	Rows []User `json:"rows"`
	// Others are the rest taken together; nil if there are none.
	Others *User `json:"others,omitempty"`
}

// User is what one user met.
type User struct {
	User string `json:"user"` // the number, or the thread in other tools' recordings
	// Sessions are the lives of the user's cookie jar, Responses those that said something.
	Sessions     int64 `json:"sessions"`
	Responses    int64 `json:"answers"`
	Moves        int64 `json:"moves"`
	Lost         int64 `json:"lost"` // transitions that lost the session; LostSessions are the sessions
	LostSessions int64 `json:"lost_sessions"`
	// Nodes are those that answered the user, in the order of Results.Nodes, and Path the first 8 of them in
	// the order in which the user came to them, whether by a move or in a new session.
	Nodes []UserNode `json:"nodes"`
	Path  []string   `json:"path,omitempty"`
}

// UserNode counts a node's responses to a user.
type UserNode struct {
	Node      string `json:"node"`
	Responses int64  `json:"answers"`
}

// MaxPath bounds the nodes of a user's path.
const MaxPath = 8
