// What a process costs without the library.

console.log(2);
