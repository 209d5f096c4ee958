#include "cli/command.h"
#include <locale.h>
#include <signal.h>

int main(int argc, char **argv)
{
    setlocale(LC_ALL, "C.UTF-8");
    signal(SIGPIPE, SIG_IGN);
    return cli_main(argc, argv);
}
