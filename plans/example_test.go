package plans_test

import (
	"fmt"
	"strings"

	"stickbench/plans"
)

// A plan is read whole, or everything that is wrong with it is told at once.
func ExampleRead() {
	const source = `
[target]
url = "http://127.0.0.1:8080"

[[group]]
name = "shoppers"
usrs = 50
duration = "1 minute"

[[group.step]]
request = "GET /cart"
`
	_, err := plans.Read("shop.toml", []byte(source), plans.Override{})
	fmt.Println(err)

	right := strings.NewReplacer("usrs", "users", "1 minute", "1m").Replace(source)
	plan, err := plans.Read("shop.toml", []byte(right), plans.Override{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(plan.Load.Groups[0].Users, "users,", plan.Load.Groups[0].Duration)
	// Output:
	// shop.toml:7:1: group[0].usrs: unknown key: did you mean "users"?
	// shop.toml:8:12: group[0].duration: "1 minute" is not a duration: write "1m"
	// 50 users, 1m0s
}
