#include "cli/command.h"

const struct command COMMANDS[] = {
    {"init", "--db URL", "新建数据库，装入业务规程", "an empty database with the playbooks in force",
     OPT_init, cmd_init},
    {"areas import", "FILE.csv --db URL", "导入区划（code,name,parent[,valid_from,valid_to,successor]）",
     "areas from CSV: code,name,parent[,valid_from,valid_to,successor]", OPT_areas, cmd_areas_import},
    {"calendar import", "FILE.csv --db URL", "导入节假日表（date,kind,name）",
     "holidays and make-up working days: date,kind,name", OPT_calendar, cmd_calendar_import},
    {"playbook install", "DIR --db URL", "装入或升级业务规程", "install a playbook or its next version",
     OPT_playbook, cmd_playbook_install},
    {"check", "DIR…", "检查业务规程，指出文件和行", "playbooks: file:line: what was expected", OPT_check,
     cmd_check},
    {"account add", "LOGIN --role ROLE --area CODE --db URL", "新增账号（密码从标准输入读）",
     "an account; the password is read from standard input", OPT_account, cmd_account_add},
    {"org add", "NAME --area CODE --db URL", "新增单位", "a unit", OPT_org, cmd_org_add},
    {"verify", "--db URL", "核验：日志、记录、计数、检索是否一致",
     "is everything what the log says? exit 1 and first_bad when not", OPT_verify, cmd_verify},
    {"log export", "FILE --db URL", "导出日志，供独立核验", "the log, for the independent verifier",
     OPT_log_export, cmd_log_export},
    {"log fork", "--reason TEXT --db URL", "恢复后日志另起一支", "go on after a restore that lost events",
     OPT_log_fork, cmd_log_fork},
    {"proof", "--event ID --db URL", "一条办理记录的核验凭证", "the inclusion proof of one event",
     OPT_proof, cmd_proof},
    {"serve", "--db URL --listen ADDR:PORT", "启动服务", "the server; SIGTERM drains", OPT_serve, cmd_serve},
    {"checkpoint", "--db URL", "当前存证点", "the signed checkpoint of the present end of the log",
     OPT_checkpoint, cmd_checkpoint},
};
const size_t COMMANDS_N = COUNT_OF(COMMANDS);
