"""Takes the programs out of the README: extract.py README FOLDER NAME...

A program is a C++ block whose first line is `// program: NAME`. A line
`// drive() from above` in it stands for the block that defines drive().
"""
import pathlib
import re
import sys


def blocks(text):
    return re.findall(r"^```cpp\n(.*?)^```$", text, re.M | re.S)


def main(readme, folder, *names):
    found = {}
    loop = ""
    for block in blocks(pathlib.Path(readme).read_text()):
        first = block.splitlines()[0]
        if first.startswith("// program: "):
            if first.removeprefix("// program: ") in found:
                sys.exit(f"README has {first} twice")
            found[first.removeprefix("// program: ")] = block
        elif "drive(" in block:
            loop = block
    # What this build has no protocol for is passed over.
    if "grpc" not in names:
        found.pop("grpc", None)
    if sorted(found) != sorted(names):
        sys.exit(f"README has the programs {sorted(found)}, not {sorted(names)}")
    for name, block in found.items():
        program = block.replace("// drive() from above\n", loop)
        pathlib.Path(folder, name + ".cpp").write_text(program)


main(*sys.argv[1:])
