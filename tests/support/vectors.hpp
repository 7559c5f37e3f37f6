// Wire samples as data: tests/vectors/<protocol>/*.md. A document is prose with
// cases in it; a case begins with a heading of the second level and has fenced
// blocks, which are known by the word behind the fence:
//
//   ## empty_array
//   An array may have no elements.
//   ```bytes
//   *0\r\n
//   ```
//   ```nodes
//   array 0 last
//   END
//   ```
#pragma once

#include <iosfwd>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace parley::test {

struct vector_case {
  std::string file;   // "strings.md"
  std::string title;  // what follows "## "
  std::map<std::string, std::string, std::less<>> blocks;

  // The block of this name, or an empty text.
  std::string_view block(std::string_view name) const;
};

// All cases of tests/vectors/<protocol>, by file and place. Fails the test that
// asks if there are none, or if a block is not closed.
std::vector<vector_case> load_vectors(std::string_view protocol);

// The bytes that a block spells: line breaks are dropped, \r \n \t \\ and \x41
// mean what they do in C, and "200x " before a line repeats it 200 times.
std::string unescape(std::string_view block);

// Bytes as they would be spelled in a block, on one line.
std::string escape(std::string_view bytes);

// How GoogleTest shows a case.
void PrintTo(const vector_case&, std::ostream*);

// "strings_empty_array": what GoogleTest accepts as the name of a case.
std::string test_name(const vector_case&);

}  // namespace parley::test
