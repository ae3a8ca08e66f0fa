// Does nothing, as cheaply as libc lets it. build: static

int main() { return 0; }
