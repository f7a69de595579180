package loadgen

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/andybalholm/cascadia"
	"github.com/antchfx/htmlquery"
	"github.com/antchfx/xmlquery"
	"github.com/antchfx/xpath"
	"golang.org/x/net/html"
)

// attributeAfter is an attribute behind a selector of CSS.
var attributeAfter = regexp.MustCompile(`^(.*)@([\w:-]+)$`)

// prepareCSS reads a selector, with the attribute that is wanted of what it selects.
func (x *Extractor) prepareCSS() (err error) {
	selector := x.arg
	if m := attributeAfter.FindStringSubmatch(selector); m != nil {
		selector, x.attribute = m[1], m[2]
	}
	x.css, err = cascadia.Parse(selector)
	return err
}

func (x *Extractor) allCSS(in extractable, text string) []string {
	page := pageOf(in, text)
	if page == nil {
		return nil
	}
	var all []string
	for _, n := range cascadia.QueryAll(page, x.css) {
		if x.attribute == "" {
			all = append(all, strings.TrimSpace(htmlquery.InnerText(n)))
		} else if htmlquery.ExistsAttr(n, x.attribute) {
			all = append(all, htmlquery.SelectAttr(n, x.attribute))
		}
	}
	return all
}

func (x *Extractor) prepareXPath() (err error) {
	x.xpath, err = xpath.Compile(x.arg)
	return err
}

// allXPath finds in XML what says that it is XML, and in HTML what does not.
func (x *Extractor) allXPath(in extractable, text string) []string {
	if in != nil && in.xml() || in == nil && strings.HasPrefix(strings.TrimSpace(text), "<?xml") {
		document, err := xmlquery.Parse(strings.NewReader(text))
		if err != nil {
			return nil
		}
		return evaluated(x.xpath, xmlquery.CreateXPathNavigator(document))
	}
	page := pageOf(in, text)
	if page == nil {
		return nil
	}
	return evaluated(x.xpath, htmlquery.CreateXPathNavigator(page))
}

// evaluated is what an expression finds, as texts.
func evaluated(x *xpath.Expr, from xpath.NodeNavigator) []string {
	switch v := x.Evaluate(from).(type) {
	case *xpath.NodeIterator:
		var all []string
		for v.MoveNext() && len(all) < mostValues {
			all = append(all, v.Current().Value())
		}
		return all
	case string:
		return []string{v}
	case float64:
		return []string{strconv.FormatFloat(v, 'f', -1, 64)}
	case bool:
		return []string{strconv.FormatBool(v)}
	}
	return nil
}

// pageOf is a text as HTML: that of a response once for all extractors.
func pageOf(in extractable, text string) *html.Node {
	if in != nil {
		return in.page()
	}
	page, err := html.Parse(strings.NewReader(text))
	if err != nil {
		return nil
	}
	return page
}

// markup is a response's body as HTML, read when it is first asked for.
type markup struct {
	page *html.Node
	read bool
}

func (u *user) page() *html.Node {
	if !u.markup.read {
		u.markup = markup{pageOf(nil, u.bodyText()), true}
	}
	return u.markup.page
}

func (u *user) xml() bool {
	kind := u.response.Field("Content-Type")
	return strings.Contains(kind, "xml") && !strings.Contains(kind, "html")
}
