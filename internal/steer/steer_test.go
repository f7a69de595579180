package steer

import (
	"slices"
	"strings"
	"testing"
)

// What may be said next is what the run has.
func TestNext(t *testing.T) {
	s := &Status{Events: []string{"slow"}, Nodes: []string{"s1", "s2"}}
	s.Groups = append(s.Groups, Group{Group: "visitors", Word: "users"}, Group{Group: "orders", Word: "rate"})
	for said, want := range map[string][]string{
		"users": {"plan"}, "users 3": {"visitors"}, "rate plan": {"orders"}, "rate 3 orders": nil,
		"event": {"slow"}, "event slow": nil, "drain": {"s1", "s2"}, "maint s1": nil, "note": nil, "status": nil,
	} {
		if got := Next(s, strings.Fields(said)); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", said, got, want)
		}
	}
}
