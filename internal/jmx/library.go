package jmx

import (
	"slices"
	"strings"
)

const (
	digits   = "0123456789"
	letters  = "abcdefghijklmnopqrstuvwxyz"
	capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

// library are the methods of Java's classes that scripts use for random numbers, dates, hashes and the like.
func (p *parser) library(x *ex, name string, args []*ex) *ex {
	switch x.s + "." + name {
	case "UUIDs.randomUUID":
		return object("UUID")
	case "UUID.toString", "Date.toString":
		return x.plain(p).asText()
	case "Date.getTime", "Date.time", "Instant.toEpochMilli", "System.currentTimeMillis", "Calendar.getTimeInMillis":
		return apply("now", numberKind)
	case "Date.format":
		return apply("now", textKind, p.one(args))
	case "Instants.now":
		return object("Instant")
	case "Instant.getEpochSecond", "Instant.epochSecond":
		return apply("int", numberKind, apply("now", textKind, text("unix")))
	case "Instant.toString":
		return apply("now", textKind, text("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'"))
	case "SimpleDateFormat.format":
		return apply("now", textKind, x.in[0].plain(p))
	case "LocalDates.now":
		return object("LocalDate")
	case "DateTimeFormatter.ofPattern":
		return object("SimpleDateFormat", p.one(args))
	case "LocalDate.format":
		if len(args) == 1 && args[0].s == "SimpleDateFormat" {
			return apply("now", textKind, args[0].in[0].plain(p))
		}
	case "Calendars.getInstance":
		return object("Calendar")
	case "Calendar.getTime":
		return object("Date")
	case "Integer.parseInt", "Integer.valueOf", "Integer.parseLong", "Integer.parseDouble", "Integer.parseFloat":
		return p.one(args).asNumber()
	case "Integer.toString", "String.valueOf":
		return p.one(args).asText()
	case "Boolean.parseBoolean", "Boolean.valueOf":
		return p.one(args).asTruth()
	case "StringUtils.isEmpty", "StringUtils.isBlank":
		return binary("==", p.one(args).asText(), text(""))
	case "StringUtils.isNotEmpty", "StringUtils.isNotBlank":
		return binary("!=", p.one(args).asText(), text(""))
	case "JsonSlurper.parseText", "JsonSlurper.parse", "JSON.parse":
		return p.document(args)
	case "URLEncoder.encode":
		return apply("urlencode", textKind, p.one(args).asText())
	case "Base64.getEncoder", "Base64.encoder":
		return object("Base64Encoder")
	case "Base64Encoder.encodeToString", "Base64Encoder.encode", "Base64.encodeBase64String":
		return apply("base64", textKind, p.one(args).asText())
	case "DigestUtils.md5Hex", "DigestUtils.sha1Hex", "DigestUtils.sha256Hex":
		return apply(strings.TrimSuffix(name, "Hex"), textKind, p.one(args).asText())
	}
	return p.random(x, name, args)
}

// document is a parsed response; only that of the sampler itself has a path.
func (p *parser) document(args []*ex) *ex {
	if len(args) == 1 && (args[0].op == opWord && args[0].s == "body" || args[0].op == opObject && args[0].s == "bytes") {
		return object("json", text(""))
	}
	p.fail("JSON of something else than the response")
	return nil
}

// random are Java's ways to a random number or text.
func (p *parser) random(x *ex, name string, args []*ex) *ex {
	switch x.s + "." + name {
	case "Math.random":
		return object("Math.random") // times a number it is a random number (parser.combine)
	case "Math.floor", "Math.round", "Math.ceil":
		y := p.one(args).asNumber()
		if y.whole() {
			return y
		}
		return apply("int", numberKind, apply(name, numberKind, y))
	case "Math.abs":
		return apply("abs", numberKind, p.one(args).asNumber())
	case "Random.nextInt":
		if len(args) == 1 {
			return randomBelow(number("0"), args[0].plain(p).asNumber())
		}
		if len(args) == 2 {
			return randomBelow(args[0].plain(p).asNumber(), args[1].plain(p).asNumber())
		}
		return apply("random", numberKind, number("0"), number("2147483647"))
	case "RandomUtils.nextInt", "RandomUtils.nextLong":
		if len(args) == 2 {
			return randomBelow(args[0].plain(p).asNumber(), args[1].plain(p).asNumber())
		}
	case "ThreadLocalRandom.current":
		return object("Random")
	case "RandomStringUtils.randomNumeric":
		return apply("random_text", textKind, p.one(args).asNumber(), text(digits))
	case "RandomStringUtils.randomAlphabetic":
		return apply("random_text", textKind, p.one(args).asNumber(), text(letters+capitals))
	case "RandomStringUtils.randomAlphanumeric":
		return apply("random_text", textKind, p.one(args).asNumber(), text(letters+capitals+digits))
	case "RandomStringUtils.random":
		if len(args) == 2 && args[1].op == opText {
			return apply("random_text", textKind, args[0].asNumber(), args[1])
		}
	}
	return nil
}

// whole reports whether a number has no fraction: nothing in it divides, and no literal has a point.
func (x *ex) whole() bool {
	return x.op != "/" && !(x.op == opNumber && strings.Contains(x.s, ".")) && !slices.ContainsFunc(x.in, func(y *ex) bool { return !y.whole() })
}

// randomBelow is a whole number from least on, below most.
func randomBelow(least, most *ex) *ex {
	return apply("random", numberKind, least, minusOne(most))
}

// minusOne is x - 1, computed where x is known.
func minusOne(x *ex) *ex {
	if x.op == opNumber {
		if n, ok := parseWhole(x.s); ok {
			return number(itoa(n - 1))
		}
	}
	if x.op == "+" && x.in[1].op == opNumber && x.in[1].s == "1" {
		return x.in[0]
	}
	return binary("-", x, number("1"))
}
