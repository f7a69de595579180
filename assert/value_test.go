package assert

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

func value(t testing.TB, source string) *Value {
	t.Helper()
	v, err := scope.CompileValue(source)
	if err != nil {
		t.Fatalf("CompileValue(%s): %v", source, err)
	}
	return v
}

func TestValues(t *testing.T) {
	for source, want := range map[string]string{
		`color`: "red", `int(amount) + 1`: "13", `upper(color)`: "RED", `color + "-" + amount`: "red-12",
		`status`: "200", `elapsed`: "154.2", `json("sessionViews")`: "8", `json("list")`: `[1,"a"]`, `json("ok")`: "true", `status == 200`: "true",
		`ids[1]`: "b", `len(ids)`: "3", `ids`: `["a","b","c"]`, `join(ids, "+")`: "a+b+c", `"b" in ids`: "true",
		`int(amount) / 5`: "2.4", `max(1, 2)`: "2", `split("a,b", ",")[1]`: "b",
		`urlencode("a b&c")`: "a+b%26c", `urldecode("a+b%26c")`: "a b&c", `base64("user:pw")`: "dXNlcjpwdw==", `unbase64("dXNlcjpwdw")`: "user:pw",
		`md5("a")`:    "0cc175b9c0f1b6a831c399e269772661",
		`sha1("a")`:   "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8",
		`sha256("a")`: "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb",
		`hmac("sha256", "key", "The quick brown fox jumps over the lazy dog")`: "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8",
		`line("names.txt")`: "third line of names.txt", `reason()`: "OK", `url()`: "http://127.0.0.1/x", `failed()`: "false",
		`headers() contains "x-backend-ip"`: "false", `headers() contains "X-Backend-Ip: 10"`: "true",
		`random(5, 5)`: "5", `random_text(3, "x")`: "xxx", `random(1, 6) in 1..6`: "true", `len(random_text(20))`: "20",
		`now("yyyy") == now("yyyy")`: "true", `now("yyyy", "-48h") < now("yyyy", "8784h")`: "true", `now() > 1700000000000`: "true",
	} {
		got, err := value(t, source).Append(nil, responded())
		if err != nil || string(got) != want {
			t.Errorf("%s: %q, %v, want %q", source, got, err, want)
		}
	}
}

func TestValuesWithoutValue(t *testing.T) {
	for source, want := range map[string]string{
		`int(color)`: "int(color): not a whole number", `json("nothing")`: `json("nothing"): it has no value`, `ids[7]`: "ids[7]: no element of that number",
		`random(2, 1)`: "random(2, 1): random: no number is at least 2 and at most 1", `unbase64("%")`: `unbase64("%"): unbase64: not base64`,
		`base64(json("ok"))`: `base64(json("ok")): base64: an argument is of another kind than it must be`,
		`random_text(-1)`:    "random_text(-1): random_text: -1 characters: want 0 to 1048576",
	} {
		if got, err := value(t, source).Append(nil, responded()); err == nil || err.Error() != want {
			t.Errorf("%s: %q, %v, want %s", source, got, err, want)
		}
	}
	if _, err := value(t, "uuid()").Append(nil, &Response{}); err == nil {
		t.Error("uuid without a user")
	}
}

func TestBadValues(t *testing.T) {
	for source, want := range map[string]string{
		``:                     "1:1: the expression is empty",
		`colour`:               "1:1: unknown `colour`: did you mean `color`?",
		`randon(1, 2)`:         "1:1: unknown function `randon`: did you mean `random`?",
		`random("a", 2)`:       "1:8: `random` does not go with a string (\"a\"): random(1, 100)",
		`random`:               "1:1: `random` is a function: it needs its arguments in parentheses",
		`now("yyy")`:           "1:5: invalid time pattern \"yyy\": \"yyy\" means nothing; want letters as in \"yyyy-MM-dd'T'HH:mm:ss.SSS\", \"unix\" or \"unix_ms\"",
		`now("yyyy", "1 day")`: "1:13: invalid duration \"1 day\": want one such as \"-24h\"",
		`line("other.txt")`:    "1:6: no such file",
		`line(color)`:          "1:6: the file's name stands in quotes: a plan says beforehand which files it reads",
		`hmac("md6", "", "")`:  "1:6: unknown hash \"md6\": want md5, sha1, sha256 or sha512",
	} {
		_, err := scope.CompileValue(source)
		if err == nil || err.Error() != want {
			t.Errorf("%s\n got %v\nwant %s", source, err, want)
		}
	}
}

func TestUUID(t *testing.T) {
	got, err := value(t, "uuid()").Append(nil, responded())
	if err != nil || !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).Match(got) {
		t.Errorf("%s, %v", got, err)
	}
}

func TestFormatTime(t *testing.T) {
	at := time.Date(2024, 2, 3, 4, 5, 6, 78e6, time.UTC)
	for pattern, want := range map[string]string{
		"yyyy-MM-dd'T'HH:mm:ss.SSS'Z'": "2024-02-03T04:05:06.078Z", "d.M.yy H:m:s": "3.2.24 4:5:6", "EEE, dd MMM yyyy HH:mm:ss z": "Sat, 03 Feb 2024 04:05:06 UTC",
		"yyyyMMddHHmmssSSS": "20240203040506078", "h 'o''clock' a": "4 o'clock AM", "yyyy-MM-ddXXX": "2024-02-03Z", "unix": "1706933106", "unix_ms": "1706933106078", "": "", "ü": "ü",
	} {
		if got, err := formatTime(at, pattern); err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", pattern, got, err, want)
		}
	}
	if _, err := formatTime(at, "yyyy 'T"); err == nil || !strings.Contains(err.Error(), "a quote is missing") {
		t.Error(err)
	}
}

// What most plans put into requests costs nothing but its text.
func TestUsualValuesDoNotAllocate(t *testing.T) {
	buffer := make([]byte, 0, 100)
	for _, source := range []string{`color`, `int(amount) + 1`, `node`, `status`} {
		v, r := value(t, source), responded()
		if n := testing.AllocsPerRun(100, func() { buffer, _ = v.Append(buffer[:0], r) }); n != 0 {
			t.Errorf("%s: %v allocations", source, n)
		}
	}
}
